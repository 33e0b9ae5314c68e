"""The letters with sample data, beside the local inbox (debug only; loaded by its package)."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django_mail_preview import EmailPreview

from mail.letters import Letter, all_letters
from mail.trials import try_out

# The mail room does not know the settings of the service; a look-alike will do for a sample.
SERVICE = SimpleNamespace(name="Harbour APIs", support_address="help@harbour.example")


def sample_of(letter: Letter, language: str = "en") -> EmailMultiAlternatives:
    """The letter made of its sample."""
    return try_out(letter, facts={"service": SERVICE}, language=language)


def _preview(letter: Letter) -> Callable[[Any], EmailMultiAlternatives]:
    def preview(self: Any) -> EmailMultiAlternatives:
        return sample_of(letter)

    preview.__doc__ = str(letter.title)
    return preview


Letters = type(
    "Letters", (EmailPreview,), {letter.kind: _preview(letter) for letter in all_letters()}
)
