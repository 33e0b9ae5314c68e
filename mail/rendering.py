"""From a row of the outbox to the message that leaves."""

import logging
import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from base.names import without_links
from mail.drafts import Draft, Written, draft_of, newest_wording
from mail.letters import is_person_name, letter_of
from mail.models import Message

logger = logging.getLogger(__name__)

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
    draft = draft_of(newest_wording(message.kind, message.language))
    if draft is None:
        return compose(message, context)
    try:
        return compose(message, context, draft=draft)
    except DatabaseError:
        raise
    except Exception as error:
        # A letter is never lost over its words. The console shows what is wrong with them.
        # Without the exception's own text, which may quote a link.
        words = "The edited letter %s (%s) cannot be used, the original is sent instead: %s"
        logger.error(words, message.kind, message.language, type(error).__name__)
        return compose(message, context)


def compose(
    message: Message, context: dict[str, Any], *, draft: Draft | None = None
) -> EmailMultiAlternatives:
    """The message for this context: in its language, with times in the reader's zone.

    Raises ``mail.wording.Refused`` for a ``draft`` that does not fit the letter.
    """
    support_address = context["service"].support_address
    facts = facts_of(message, context)
    zone = context.get("time_zone") or UTC
    with translation.override(message.language), timezone.override(zone):
        written = (
            _original(message.kind, facts) if draft is None else _edited(message, facts, draft)
        )
        email = EmailMultiAlternatives(
            subject=written.subject,
            body=written.text,
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
    email.attach_alternative(_inliner.inline(written.html), "text/html")
    if settings.MAILERS["default"]["BACKEND"].startswith("anymail."):
        email.tags = [message.kind]  # type: ignore[attr-defined]
        # A counted click would hand the link, which is a secret, to the provider.
        email.track_clicks = False  # type: ignore[attr-defined]
    return email


def facts_of(message: Message, context: dict[str, Any]) -> dict[str, Any]:
    """What every letter may say, beside what its builder knows.

    No link from a person's name: what an earlier release let in would reach subjects and become
    a link in mail programs.
    """
    names = {
        name: without_links(str(value))
        for name, value in context.items()
        if value and is_person_name(name)
    }
    host = urlsplit(settings.PUBLIC_URL).hostname
    return context | names | {"host": host, "at": message.created_at}


def _original(kind: str, facts: dict[str, Any]) -> Written:
    subject = _subject(kind, facts)
    return Written(
        subject=subject,
        text=_plain(f"mail/{kind}.txt", facts),
        html=get_template(f"mail/{kind}.html").render(facts | {"subject": subject}),
    )


def _edited(message: Message, facts: dict[str, Any], draft: Draft) -> Written:
    """The edited words in the frame of the original: head, style, support address, reason."""
    body = draft.write(letter_of(message.kind), facts)
    original = f"mail/{message.kind}"
    text = facts | {"original": f"{original}.txt", "body": body.text}
    # S308: washed, and every value in it escaped.
    html = facts | {
        "original": f"{original}.html",
        "subject": body.subject,
        "body": mark_safe(body.html),  # noqa: S308
    }
    return Written(
        subject=body.subject,
        text=_plain("mail/edited.txt", text),
        html=get_template("mail/edited.html").render(html),
    )


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
