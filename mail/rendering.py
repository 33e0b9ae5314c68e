"""From a row of the outbox to the message that leaves."""

import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import timezone, translation

from mail.letters import letter_of
from mail.models import Message

UTC = ZoneInfo("UTC")
_BLANK_LINES = re.compile(r"\n\s*\n")

# Mail programs drop style sheets; the blocks marked data-css-inline="keep" (dark mode) stay.
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


def render(message: Message) -> EmailMultiAlternatives | None:
    """The message with its text and HTML parts, or None when the letter is no longer wanted.

    Raises UnknownLetter for a letter that no room knows, or whatever its builder and templates raise.
    """
    context = letter_of(message.kind).build(message)
    # A link travels in the newest letter only; an older one would carry the same link again.
    if context is None or ("link" in context and Message.objects.has_newer(message)):
        return None
    return compose(message, context)


def compose(message: Message, context: dict[str, Any]) -> EmailMultiAlternatives:
    """The message for this context: in its language, with times in the reader's zone."""
    support_address = context["service"].support_address
    zone = context.get("time_zone") or UTC
    facts = context | {"host": urlsplit(settings.PUBLIC_URL).hostname, "at": message.created_at}
    with translation.override(message.language), timezone.override(zone):
        facts["subject"] = _subject(message.kind, facts)
        email = EmailMultiAlternatives(
            subject=facts["subject"],
            body=_plain(f"mail/{message.kind}.txt", facts),
            from_email=_sender(context["service"].name),
            to=[message.to],
            reply_to=[support_address] if support_address else None,
            headers={
                "Message-ID": message.message_id,
                # RFC 3834: no holiday notices in answer.
                "Auto-Submitted": "auto-generated",
                # Shown as a tag in the local inbox.
                "X-Tags": message.kind,
            },
        )
        html = get_template(f"mail/{message.kind}.html").render(facts)
    email.attach_alternative(_inliner.inline(html), "text/html")
    if settings.MAILERS["default"]["BACKEND"].startswith("anymail."):
        email.tags = [message.kind]  # type: ignore[attr-defined]
        # A counted click would hand the link, which is a secret, to the provider.
        email.track_clicks = False  # type: ignore[attr-defined]
    return email


def _sender(service_name: str) -> str:
    """``APIM_MAIL_FROM``; a bare address gets the service's name in front."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return str(Address(name or " ".join(service_name.split()), addr_spec=address))


def _subject(kind: str, facts: dict[str, Any]) -> str:
    """On one line: a name with a line break in it must not write headers."""
    return " ".join(_plain(f"mail/{kind}.subject.txt", facts).split())


def _plain(name: str, facts: dict[str, Any]) -> str:
    """Plain text is not HTML: nothing is escaped, whatever the template says."""
    template: Template = get_template(name).template  # type: ignore[attr-defined]
    text = template.render(Context(facts, autoescape=False)).strip() + "\n"
    # Tags that printed nothing leave their lines behind.
    return _BLANK_LINES.sub("\n\n", text)
