"""What a mail server or provider meant by its refusal."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage

LONGEST = 500
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")

# HTTP answers of a provider that say nothing about this one letter.
_NOT_ABOUT_THE_LETTER = {401, 402, 403, 404, 407, 408, 425, 429}


class Meaning(Enum):
    REFUSED = "refused"  # For good: trying again would get the same answer.
    LATER = "later"  # This letter, now, not; the next one may pass.
    OUTAGE = "outage"  # No letter would pass now.


@dataclass(frozen=True)
class Answer:
    """``words`` are the server's own, on one line. ``is_servers``: it answered, so it is there."""

    meaning: Meaning
    words: str
    is_servers: bool = True


class NotAccepted(Exception):
    """The provider answered well, and said of the letter itself that it could not be sent."""


def read(error: Exception) -> Answer:  # noqa: PLR0911 - a table, one line a case
    """What an exception raised while sending one letter to one address means."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return Answer(_by_code(code), one_line(code, words))
        case smtplib.SMTPDataError() if error.smtp_code != 421:
            return Answer(_by_code(error.smtp_code), one_line(error.smtp_code, error.smtp_error))
        case smtplib.SMTPResponseException():
            # Greeting, sign-in or sender refused: ours to mend, and true of every letter.
            return Answer(Meaning.OUTAGE, one_line(error.smtp_code, error.smtp_error))
        case AnymailRecipientsRefused():
            return Answer(Meaning.REFUSED, _provider_status(error))
        case AnymailAPIError():
            return Answer(_by_http_status(_http_status(error)), one_line(error))
        case NotAccepted():
            return Answer(Meaning.LATER, one_line(error))
        case ValueError() if not isinstance(error, ssl.SSLError):
            # An address or header that cannot be written; anymail's kind of it as well. An
            # untrusted certificate is a ValueError too, and says nothing about the letter.
            return Answer(Meaning.REFUSED, one_line(error), is_servers=False)
        case AnymailError():
            return Answer(Meaning.LATER, one_line(error), is_servers=False)
        case OSError():
            # Also smtplib's own: the connection is refused, lost, too slow, or not trusted.
            reason = one_line(getattr(error, "strerror", None) or error)
            return Answer(Meaning.OUTAGE, reason, is_servers=False)
    return Answer(Meaning.LATER, one_line(type(error).__name__, error), is_servers=False)


def one_line(*parts: object) -> str:
    """The words decoded, on one line, without anything that looks like a link's token, cut."""
    text = " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts
    )
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(_TOKEN.sub("[redacted]", printable).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def refuse_unaccepted(email: EmailMessage) -> None:
    """Raise NotAccepted for a letter that the provider answered for with *failed*.

    anymail raises by itself only where every recipient was *rejected* or *invalid*.
    """
    status = getattr(email, "anymail_status", None)
    if status is not None and status.status and status.status <= {"failed", "rejected", "invalid"}:
        raise NotAccepted(f"The provider could not send it: {', '.join(sorted(status.status))}")


def provider_words(email: EmailMessage) -> str:
    """What anymail noted about a letter that the provider took."""
    status = getattr(email, "anymail_status", None)
    if status is None or not status.status:
        return ""
    given = [status.message_id] if status.message_id is not None else []
    return one_line(", ".join(sorted(status.status)), *given)


def provider_id(email: EmailMessage) -> str:
    """What the provider calls a letter that it took; empty for SMTP servers."""
    status = getattr(email, "anymail_status", None)
    found = getattr(status, "message_id", None)
    return bare_id(found) if isinstance(found, str) else ""


def bare_id(message_id: str) -> str:
    """Providers write one id with and without angle brackets, in answers and in reports."""
    return message_id.strip().strip("<>")[:255]


def _by_code(code: int) -> Meaning:
    if code == 421:
        return Meaning.OUTAGE
    return Meaning.REFUSED if code >= 500 else Meaning.LATER


def _http_status(error: AnymailAPIError) -> int | None:
    """Amazon's library says it in the answer, not beside it (botocore's ClientError.response)."""
    if error.status_code is None and isinstance(error.response, dict):
        facts: dict[str, Any] = error.response.get("ResponseMetadata", {})
        status = facts.get("HTTPStatusCode")
        return status if isinstance(status, int) else None
    return error.status_code


def _by_http_status(status: int | None) -> Meaning:
    if status is None or status >= 500 or status in _NOT_ABOUT_THE_LETTER:
        return Meaning.OUTAGE
    return Meaning.REFUSED


def _provider_status(error: AnymailRecipientsRefused) -> str:
    status = getattr(error.email_message, "anymail_status", None)
    words = ", ".join(sorted(status.status)) if status and status.status else ""
    return one_line(f"{error.esp_name or 'The provider'}:", words or error.args[0])
