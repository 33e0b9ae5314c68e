"""The real mail server of the mail room's tests."""

from tests.mail.conftest import mail_server, postbox

__all__ = ["mail_server", "postbox"]
