"""A fresh password link where a change voided one that is still needed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts import password_links
from accounts.actions.writing import write_to
from accounts.models import User
from audit.journal import Recordable, record
from mail.letters import all_letters
from mail.models import Message


@dataclass(frozen=True)
class LinkEmail:
    """The email that carries a person's link: its kind and what it says besides."""

    kind: str
    data: dict[str, Any]

    @property
    def valid_for(self) -> timedelta:
        """As long as the first one of its kind."""
        if self.kind != "password_link":
            return password_links.WELCOME
        if self.data.get("sent_by"):
            return password_links.SENT_BY_ADMINISTRATOR
        return password_links.REQUESTED


def needed_link(user: User) -> LinkEmail | None:
    """What to send again if the person's link is voided; call it before that.

    An open link is somebody's only promise of a password. Whoever was sent one and has no password
    yet needs it even when it has expired: without it they never get in.
    """
    with_link = [letter.kind for letter in all_letters() if letter.must_have_link]
    sent = Message.objects.about(user.public_id).filter(kind__in=with_link).first()
    if password_links.is_open(user):
        return LinkEmail(sent.kind, sent.data) if sent else LinkEmail(_usual_kind(user), {})
    if sent is None or not user.is_active or user.has_usable_password():
        return None
    return LinkEmail(sent.kind, sent.data)


def renew_link(user: User, email: LinkEmail, *, by: Recordable | None) -> None:
    """Open a link with its full time and send it to the address that the person has now."""
    password_links.open_link(user, valid_for=email.valid_for)
    record("user.password_link_sent", by=by, subject=user)
    write_to(user, email.kind, **email.data)


def _usual_kind(user: User) -> str:
    return "password_link" if user.has_usable_password() else "welcome"
