"""The letters with sample data, beside the local inbox (debug only; loaded by its package)."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django_mail_preview import EmailPreview

from mail.letters import Letter, all_letters
from mail.models import Message
from mail.rendering import compose

# The mail room does not know the settings of the service; a look-alike will do for a sample.
SERVICE = SimpleNamespace(name="Harbour APIs", support_address="help@harbour.example")


def sample_of(letter: Letter) -> EmailMultiAlternatives:
    """The letter made of its sample."""
    message = Message(
        kind=letter.kind,
        to=letter.sample["email"],
        reference=UUID(int=0),
        message_id="<sample@harbour.example>",
    )
    end = {"link_ends_at": timezone.now() + timedelta(days=7)}
    return compose(message, {"service": SERVICE} | letter.sample | end)


def _preview(letter: Letter) -> Callable[[Any], EmailMultiAlternatives]:
    def preview(self: Any) -> EmailMultiAlternatives:
        return sample_of(letter)

    preview.__doc__ = str(letter.title)
    return preview


Letters = type(
    "Letters", (EmailPreview,), {letter.kind: _preview(letter) for letter in all_letters()}
)
