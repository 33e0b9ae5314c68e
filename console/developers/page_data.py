"""What the page of one developer shows, and what an operation on them would hit."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Prefetch, QuerySet, When
from django.utils.translation import gettext as _

from accounts.actions import CannotBlockSelf, CannotDeleteSelf, LastAdministrator
from accounts.models import Role, Session, User
from accounts.user_agents import device_name
from audit.models import Event
from catalog.models import Key, Subscription
from console.activity.events import lines_of, name_of
from console.emails.correspondence import emails_to
from console.kit.dialogs import sentence_of
from console.kit.listing import Count, counts_up_to_limit
from gateway.check.calls import Calls, calls_of_subscriptions, calls_of_user, first_refusal_since
from invitations.models import Invitation, InviteLink
from mail.letters import title_of
from mail.models import Message

SHOWN = 5
EMAILS_SHOWN = 10
EVENTS_SHOWN = 10


@dataclass(frozen=True)
class Effects:
    """What a block or a deletion would end."""

    sessions: int
    invitations: int
    # Names of the open invite links whose sender they are.
    links: list[str]
    # Live keys of active subscriptions, and what was called with them.
    subscriptions: int
    keys: list[Key]
    calls: Calls


def effects_of_block(user: User) -> Effects:
    keys = Key.objects.callable_by_owner().filter(subscription__owner=user)
    links = InviteLink.objects.in_state(InviteLink.State.OPEN).filter(sender=user)
    return Effects(
        subscriptions=Subscription.objects.active().filter(owner=user).count(),
        keys=list(keys.order_by("pk")),
        calls=calls_of_user(user),
        sessions=Session.objects.open_of(user).count(),
        invitations=Invitation.objects.pending().filter(sender=user).count(),
        links=list(links.order_by("name", "pk").values_list("name", flat=True)),
    )


def effects_of_blocks(people: QuerySet[User]) -> dict[str, Count]:
    """What blocking several people would end, in numbers; one statement."""
    return counts_up_to_limit(
        sessions=Session.objects.open().filter(user__in=people),
        invitations=Invitation.objects.pending().filter(sender__in=people),
        subscriptions=Subscription.objects.active().filter(owner__in=people),
        keys=Key.objects.callable_by_owner().filter(subscription__owner__in=people),
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
    letters = Message.objects.filter(emails_to(user)).order_by("-id")[:EMAILS_SHOWN]
    facts = _calls_of(user)
    return {
        "blocked_by": _actor_of(facts["last_block"]),
        "roles": Role.objects.in_order().filter(members=user),
        "sessions": [
            {"row": row, "device": device_name(row.user_agent)}
            for row in Session.objects.open_of(user)
        ],
        "came_by": Invitation.objects.filter(user=user).select_related("sender").first(),
        "sent_invitations": sent[:SHOWN],
        "letters": [{"row": letter, "title": title_of(letter.kind)} for letter in letters],
        "lines": _timeline(user),
        **facts,
    }


def _actor_of(event: Event | None) -> str:
    return (name_of(event.actor_label) or _("the service")) if event else ""


def counts_of(user: User) -> dict[str, Count]:
    """What the tabs of the page say; one statement."""
    return counts_up_to_limit(
        subscriptions=Subscription.objects.filter(owner=user),
        keys=Key.objects.filter(subscription__owner=user),
    )


def _calls_of(user: User) -> dict[str, Any]:
    """Some subscriptions with their keys and calls, and what became of calls since a block."""
    keys = Prefetch("keys", Key.objects.live().order_by("slot"), to_attr="live_keys")
    found = user.subscriptions.select_related("product").prefetch_related(keys)
    others_later = Case(When(state=Subscription.State.ACTIVE, then=0), default=1)
    subscriptions = list(found.order_by(others_later, "-created_at", "-id")[:SHOWN])
    calls = calls_of_subscriptions(row.pk for row in subscriptions)
    facts: dict[str, Any] = {
        "subscriptions": [(row, calls.get(row.pk, Calls())) for row in subscriptions],
        "counts": counts_of(user),
        "calls": calls_of_user(user),
        "last_block": None,
    }
    if user.is_blocked and user.blocked_at:
        refused = Key.objects.callable_by_owner().filter(subscription__owner=user)
        facts |= {
            "last_block": _block_of(user),
            "keys_refused": refused.count(),
            "first_refusal": first_refusal_since(user, user.blocked_at),
        }
    return facts


def _block_of(user: User) -> Event | None:
    return Event.objects.filter(subject_id=user.public_id, action="user.blocked").first()


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
