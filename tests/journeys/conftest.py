"""Journeys send their letters to a real mail server."""

from tests.mail.conftest import mail_server, postbox

__all__ = ["mail_server", "postbox"]
