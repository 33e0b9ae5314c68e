"""Journeys send their letters to a real mail server, and hash as production does."""

import pytest

from tests.mail.conftest import mail_server, postbox

__all__ = ["mail_server", "postbox"]


@pytest.fixture(autouse=True)
def _as_in_production(real_hasher):
    """Whoever signs in here waits for the real hash."""
