"""Letters to people who have an account."""

from typing import Any

from accounts.models import User
from mail.outbox import queue_letter


def write_to(user: User, kind: str, **data: Any) -> None:
    """Queue a letter about the person to the person, in their language. ``data`` holds no secret."""
    queue_letter(kind, to=user.email, reference=user.public_id, data=data, language=user.language)
