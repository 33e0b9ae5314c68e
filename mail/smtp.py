"""Django's SMTP mailer, which also keeps what the server said when it took the letter."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoEmailBackend


class _Keeping:
    """``smtplib`` drops the answer to DATA, which holds the server's queue id."""

    last_answer: tuple[int, bytes] = (0, b"")

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.last_answer = super().data(msg)  # type: ignore[misc]
        return self.last_answer


class _Smtp(_Keeping, smtplib.SMTP):
    pass


class _SmtpOverTls(_Keeping, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoEmailBackend):
    """``mail.delivery`` reads ``last_answer`` after each letter, before the connection closes."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp

    @property
    def last_answer(self) -> tuple[int, bytes]:
        return getattr(self.connection, "last_answer", (0, b""))
