"""The tests of people, passwords and sessions hash as production does."""

import pytest


@pytest.fixture(autouse=True)
def _as_in_production(real_hasher):
    """Whoever signs in here waits for the real hash."""
