"""One kept connection to the mail server."""

import smtplib
from contextlib import suppress
from typing import Any

from anymail.backends.base import AnymailBaseBackend
from django.core.mail import EmailMultiAlternatives, mailers

from mail import answers

_HUNG_UP = 421


class Line:
    """Opened by the first letter, kept for the batch, reopened after any error."""

    def __init__(self) -> None:
        self._mailer: Any = None

    def send(self, email: EmailMultiAlternatives) -> str:
        """Hand over one letter; returns the words with which the server took it.

        Raises what the mailer raises; ``mail.answers`` reads it.
        """
        was_kept = self._mailer is not None
        try:
            return self._send(email)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            # Servers end a kept connection after so many letters; a new one may do.
            if was_kept and _hung_up(error):
                return self._send(email)
            raise
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Hang up; a server that already did is fine."""
        if self._mailer is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._mailer.close()
        self._mailer = None

    def _send(self, email: EmailMultiAlternatives) -> str:
        if self._mailer is None:
            self._mailer = mailers["default"]
            if isinstance(self._mailer, AnymailBaseBackend):
                # A provider that cannot switch click counting off is no reason to send nothing.
                self._mailer.ignore_unsupported_features = True
            self._mailer.open()
        self._mailer.send_messages([email])
        answers.refuse_unaccepted(email)
        code, words = getattr(self._mailer, "last_answer", (0, b""))
        return answers.one_line(code, words) if code else answers.provider_words(email)


def _hung_up(error: Exception) -> bool:
    match error:
        case smtplib.SMTPServerDisconnected() | ConnectionError():
            return True
        case smtplib.SMTPResponseException():
            return error.smtp_code == _HUNG_UP
        case smtplib.SMTPRecipientsRefused():
            return any(code == _HUNG_UP for code, _words in error.recipients.values())
    return False
