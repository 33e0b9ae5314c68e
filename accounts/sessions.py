"""The session engine: Django's database sessions, with only the hash of the key stored."""

import hashlib
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.core.exceptions import ObjectNotUpdated
from django.utils import timezone

from accounts.models import Session


def stored_key(session_key: str) -> str:
    """What the database keeps of a session key (hex SHA-256)."""
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(DatabaseSessionStore):
    """Looks rows up by the hash of the cookie's key. Synchronous only: we serve WSGI."""

    # The row that this request's session was read from; None for one born in this request.
    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        if self.session_key is None:
            return None
        row = Session.objects.filter(
            session_key=stored_key(self.session_key), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def load(self) -> dict[str, Any]:
        self.row = self._get_session_from_db()
        return self.decode(self.row.session_data) if self.row else {}

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        key = stored_key(self._get_or_create_session_key())  # type: ignore[attr-defined]
        # Columns the data does not know (who, since when, where) belong to the row: keep them.
        row = Session.objects.filter(session_key=key).first() or Session(session_key=key)
        row.session_data = self.encode(data)
        row.expire_date = self.get_expiry_date()
        user_id = data.get("_auth_user_id")
        row.user_id = int(user_id) if user_id else None
        return row

    def save(self, must_create: bool = False) -> None:
        """Django reads every error of the database as "this session was deleted"; a full disk is not."""
        try:
            super().save(must_create)
        except UpdateError as lost:
            cause = lost.__context__
            if cause is None or isinstance(cause, ObjectNotUpdated):
                raise
            raise cause from cause.__cause__

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=stored_key(key)).delete()
