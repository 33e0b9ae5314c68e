"""Trying a letter out before anybody gets it: with values, and without links that work."""

import re
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives

from mail.drafts import Draft
from mail.letters import Letter
from mail.models import Message
from mail.rendering import compose

_HREF = re.compile(r"""\bhref\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_DARK = "(prefers-color-scheme: dark)"


def inert(html: str) -> str:
    """The same HTML, with links that lead nowhere."""
    return _HREF.sub('href="#"', html)


def try_out(
    letter: Letter,
    *,
    facts: dict[str, Any],
    draft: Draft | None = None,
    language: str = "en",
) -> EmailMultiAlternatives:
    """The letter made of its sample and of ``facts``, which must name the service.

    Raises ``mail.wording.Refused`` for a draft that does not fit the letter.
    """
    context = letter.sample_facts() | facts
    message = Message(
        kind=letter.kind,
        to=context["email"],
        reference=UUID(int=0),
        language=language,
        message_id="<sample@harbour.example>",
    )
    return compose(message, context, draft=draft)


def as_shown(email: EmailMultiAlternatives, *, dark: bool) -> str:
    """The HTML part as a mail program shows it in the light or in the dark, inert."""
    html = str(email.alternatives[0][0])
    return inert(html.replace(_DARK, "all" if dark else "not all"))
