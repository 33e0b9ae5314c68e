"""Trial calls go to a real server."""

from tests.back_ends import server

__all__ = ["server"]
