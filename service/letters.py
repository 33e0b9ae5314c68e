"""What the test letter says; see ``mail.letters``."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from mail.actions.templates import TEST_LETTER
from mail.drafts import Draft
from mail.letters import Letter, letter_of, register
from mail.models import Message
from mail.rendering import facts_of
from mail.trials import inert
from service.models import current_service


def build_test_letter(message: Message) -> dict[str, Any]:
    """The draft as it was when it was sent, with the sample of its letter."""
    tested = letter_of(message.data["kind"])
    service, zone = current_service(), ZoneInfo(message.data["time_zone"])
    facts = facts_of(message, {"service": service} | tested.sample_facts())
    with translation.override(message.language), timezone.override(zone):
        written = Draft(**message.data["draft"]).write(tested, facts)
    return {
        "service": service,
        "email": message.to,
        "time_zone": zone,
        "title": tested.title,
        "tested_subject": written.subject,
        "tested_text": written.text,
        # S308: washed, and every value in it escaped.
        "tested_html": mark_safe(inert(written.html)),  # noqa: S308
    }


def register_all() -> None:
    """Make the letter of this room known. It has no variables: nobody edits it."""
    register(
        Letter(
            kind=TEST_LETTER,
            title=_("Test letter"),
            build=build_test_letter,
            sample={
                "email": "nadia.holm@harbour.example",
                "title": _("Invitation"),
                "tested_subject": "You are invited to Harbour APIs",
                "tested_text": "Sofia, you are invited to Harbour APIs",
                "tested_html": mark_safe("<h1>Sofia, you are invited to Harbour APIs</h1>"),
            },
        )
    )
