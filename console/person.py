"""What the page of one developer shows, and what an operation on them would hit."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions import CannotBlockSelf, CannotDeleteSelf, LastAdministrator
from accounts.models import Role, Session, User
from accounts.user_agents import device_name
from audit.models import Event
from console.dialogs import sentence_of
from console.events import lines_of, name_of
from invitations.models import Invitation
from mail.letters import letter_of
from mail.models import Message

SHOWN = 5
EVENTS_SHOWN = 10


@dataclass(frozen=True)
class Effects:
    """What a block or a deletion would end."""

    sessions: int
    invitations: int


def effects_of_block(user: User) -> Effects:
    return Effects(
        sessions=Session.objects.open_of(user).count(),
        invitations=Invitation.objects.pending().filter(sender=user).count(),
    )


def why_not_block(user: User, *, by: User) -> str:
    """The sentence with which blocking would be refused, or nothing. The action decides."""
    if user == by:
        return sentence_of(CannotBlockSelf())
    return _why_not_remove(user)


def why_not_delete(user: User, *, by: User) -> str:
    """The sentence with which deleting would be refused, or nothing. The action decides."""
    if user == by:
        return sentence_of(CannotDeleteSelf())
    return _why_not_remove(user)


def _why_not_remove(user: User) -> str:
    others = User.objects.administrators().exclude(pk=user.pk)
    if user.is_active and user.is_administrator and not others.exists():
        return sentence_of(LastAdministrator())
    return ""


def facts_of(user: User) -> dict[str, Any]:
    """The panels of the page."""
    sent = Invitation.objects.filter(sender=user).order_by("-sent_at", "-id")
    letters = Message.objects.about(user.public_id)[:SHOWN]
    return {
        "roles": Role.objects.in_order().filter(members=user),
        "sessions": [
            {"row": row, "device": device_name(row.user_agent)}
            for row in Session.objects.open_of(user)
        ],
        "came_by": Invitation.objects.filter(user=user).select_related("sender").first(),
        "sent_invitations": sent[:SHOWN],
        "letters": [{"row": letter, "title": title_of_letter(letter)} for letter in letters],
        "blocked_by": _blocked_by(user) if user.is_blocked else "",
        "lines": _timeline(user),
    }


def title_of_letter(message: Message) -> str:
    try:
        return str(letter_of(message.kind).title)
    except KeyError:
        return message.kind


def _blocked_by(user: User) -> str:
    event = Event.objects.filter(subject_id=user.public_id, action="user.blocked").first()
    return (name_of(event.actor_label) or _("the service")) if event else ""


def _timeline(user: User) -> list:
    """The newest events about or by the person.

    Two short walks along an index each: one OR of both columns would read the whole journal for
    somebody of whom little is told.
    """
    about = Event.objects.filter(subject_id=user.public_id)[:EVENTS_SHOWN]
    by = Event.objects.filter(actor_id=user.public_id)[:EVENTS_SHOWN]
    events = {event.pk: event for event in [*about, *by]}
    newest = sorted(events.values(), key=lambda event: -event.pk)[:EVENTS_SHOWN]
    return lines_of(newest, about=user.public_id)
