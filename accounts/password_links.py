"""Links to choose a password: one open link per person, derived, never stored.

A new link, a used one, a new password, a new address and a block each void the earlier ones. After
a new address, and for somebody without a password after a block, ``accounts.actions.renewing``
sends a fresh one; a new password needs none.
"""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from base.secret_keys import ids_of, signing_key_id, signing_keys
from base.tokens import derive_token, new_nonce, token_matches

PURPOSE = "password"
REQUESTED = timedelta(hours=2)
# A link requested within this time is sent again rather than replaced.
REPEATED_WITHIN = timedelta(minutes=10)
SENT_BY_ADMINISTRATOR = timedelta(days=2)
WELCOME = timedelta(days=7)


def open_link(user: User, *, valid_for: timedelta) -> None:
    """Give the person a new open link, voiding the one before."""
    set_link(user, valid_for=valid_for)
    user.save(
        update_fields=["password_link_nonce", "password_link_key", "password_link_expires_at"]
    )


def set_link(user: User, *, valid_for: timedelta) -> None:
    """As ``open_link``; the caller saves the user."""
    user.password_link_nonce, user.password_link_key = new_nonce(), signing_key_id()
    user.password_link_expires_at = timezone.now() + valid_for


def close_link(user: User) -> None:
    """Void the open link; the caller saves the user."""
    user.password_link_nonce = user.password_link_key = ""
    user.password_link_expires_at = None


def is_open(user: User) -> bool:
    """Whether a link sent to this person works now."""
    return bool(
        user.is_active
        and user.password_link_nonce
        and user.password_link_expires_at
        and user.password_link_expires_at > timezone.now()
    )


def is_fresh(user: User) -> bool:
    """Whether the open link has nearly all the time of a requested one left, or more, and its key
    still counts."""
    if not set(user.password_link_key.split(",")) & set(ids_of(signing_keys())):
        return False
    expires_at = user.password_link_expires_at
    enough = timezone.now() + REQUESTED - REPEATED_WITHIN
    return is_open(user) and expires_at is not None and expires_at > enough


def owner_of(public_id: UUID, *, token: str) -> User | None:
    """The person whose open link carries this token."""
    user = User.objects.filter(public_id=public_id).first()
    return user if TokenGenerator().check_token(user, token) else None


def owner_by_nonce(public_id: UUID, *, nonce: str) -> User | None:
    """The person whose open link has this nonce: for a session that proved the token before.

    The session keeps the nonce and not the token, so that a copy of the database opens nothing.
    """
    user = User.objects.filter(public_id=public_id).first()
    return user if user and is_open(user) and user.password_link_nonce == nonce else None


class TokenGenerator:
    """What allauth asks for a token, and about one (``ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR``)."""

    def make_token(self, user: User) -> str:
        """The token of the person's open link, under the key that it was opened under."""
        return derive_token(
            purpose=PURPOSE,
            row_id=user.public_id,
            nonce=user.password_link_nonce,
            under=user.password_link_key,
        )

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether the token opens the password page for this person now."""
        return bool(
            user
            and token
            and is_open(user)
            and token_matches(
                token, purpose=PURPOSE, row_id=user.public_id, nonce=user.password_link_nonce
            )
        )
