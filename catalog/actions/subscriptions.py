"""Operations on a subscription that exists: one for each transition, and its name and end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.changes import change, changes_of
from audit.journal import record
from base.authority import Permission, action
from base.changes import KEEP
from base.names import clean_title
from catalog.actions.subscribing import checked_end, refuse_beyond_limit
from catalog.models import Subscription
from catalog.transitions import Transition, possible, possible_to_owner
from mail.outbox import queue_letter


class TransitionRefused(ValidationError):
    """The state changed since the page was opened, or never allowed the operation."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(
            _("This is not possible now: the subscription is %(state)s.")
            % {"state": subscription.state_now.label.lower()},
            code="transition_refused",
        )


class CommentNeeded(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            {
                "comment": ValidationError(
                    _("Say why; the developer reads it."), code="comment_needed"
                )
            }
        )


class EndHasPassed(ValidationError):
    """An expired subscription is given back with a later end, or with none."""

    def __init__(self) -> None:
        super().__init__(
            {
                "ends_at": ValidationError(
                    _("Its end has passed. Choose a later one, or none."), code="end_has_passed"
                )
            }
        )


class EndNeedsActivation(ValidationError):
    """Another end would make it active again, past the limit and without a word to its owner."""

    def __init__(self) -> None:
        super().__init__(
            {
                "ends_at": ValidationError(
                    _("Its end has passed. Activate it, with a later end or none."),
                    code="end_needs_activation",
                )
            }
        )


@action(Permission.SUBSCRIPTIONS_MANAGE)
def approve_subscription(*, subscription: Subscription, by: User) -> Subscription:
    """Let a request become active and tell its owner, who then makes the keys.

    Raises TransitionRefused.
    """
    subscription = _locked(subscription, Transition.APPROVE)
    _change(subscription, Subscription.State.ACTIVE)
    record("subscription.approved", by=by, subject=subscription)
    _tell("subscription_approved", subscription)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE)
def reject_subscription(*, subscription: Subscription, comment: str, by: User) -> Subscription:
    """Refuse a request with a reason that its owner reads. Raises TransitionRefused, CommentNeeded."""
    if not comment.strip():
        raise CommentNeeded
    subscription = _locked(subscription, Transition.REJECT)
    _change(subscription, Subscription.State.REJECTED, comment=comment)
    record("subscription.rejected", by=by, subject=subscription, reason=subscription.comment)
    _tell("subscription_rejected", subscription)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE)
def suspend_subscription(
    *, subscription: Subscription, by: User, comment: str = ""
) -> Subscription:
    """Refuse its keys until it is activated again; ``comment`` reaches the owner.

    Raises TransitionRefused.
    """
    subscription = _locked(subscription, Transition.SUSPEND)
    _change(subscription, Subscription.State.SUSPENDED, comment=comment)
    record("subscription.suspended", by=by, subject=subscription, reason=subscription.comment)
    _tell("subscription_suspended", subscription)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE)
def activate_subscription(
    *,
    subscription: Subscription,
    by: User,
    ends_at: datetime | None = KEEP,
    seen: Mapping[str, Any] | None = None,
) -> Subscription:
    """Give a suspended, rejected, cancelled or expired subscription back, with the keys it had.

    ``ends_at`` replaces its end (None: no end); left out, the end stays.
    Raises EditConflict, TransitionRefused, SubscriptionLimitReached, EndHasPassed or ValidationError by field.
    """
    owner = User.objects.select_for_update().get(pk=subscription.owner_id)
    subscription = _locked(subscription, Transition.ACTIVATE)
    if subscription.state_now != Subscription.State.SUSPENDED:
        refuse_beyond_limit(subscription.product, owner)
    old = subscription.ends_at
    if changes_of(subscription, {"ends_at": ends_at}, seen=seen, by=by):
        subscription.ends_at = checked_end(ends_at)
    elif subscription.ends_at is not None and subscription.ends_at <= timezone.now():
        raise EndHasPassed
    _change(subscription, Subscription.State.ACTIVE)
    changes = _end_changed(old, subscription.ends_at)
    record("subscription.activated", by=by, subject=subscription, **changes)
    _tell("subscription_activated", subscription)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="subscription.owner_id")
def cancel_subscription(*, subscription: Subscription, by: User) -> Subscription:
    """End it, by its owner or by an administrator; its keys are refused from the next call on.

    Raises TransitionRefused, also for the owner of a suspended one who is no administrator.
    """
    subscription = _locked(subscription, Transition.CANCEL)
    is_self_service = by.pk == subscription.owner_id and not by.is_administrator
    if is_self_service and Transition.CANCEL not in possible_to_owner(subscription):
        raise TransitionRefused(subscription)
    _change(subscription, Subscription.State.CANCELLED)
    record("subscription.cancelled", by=by, subject=subscription)
    if by.pk != subscription.owner_id:
        _tell("subscription_cancelled", subscription)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="subscription.owner_id")
def rename_subscription(
    *,
    subscription: Subscription,
    by: User,
    name: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Subscription:
    """Quiet when nothing differs. Raises EditConflict or ValidationError by field."""
    subscription = _lock(subscription)
    wanted = {"name": clean_title(name) if name is not None else None}
    changes = change(subscription, wanted, seen=seen, by=by)
    if not changes:
        return subscription
    subscription.full_clean(validate_unique=False, validate_constraints=False)
    subscription.save(update_fields=["name"])
    record("subscription.renamed", by=by, subject=subscription, changes=changes)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE)
def set_subscription_end(
    *,
    subscription: Subscription,
    by: User,
    ends_at: datetime | None = KEEP,
    seen: Mapping[str, Any] | None = None,
) -> Subscription:
    """Let it expire at a moment in the future, or never (None). Quiet when nothing differs.

    Raises EditConflict, EndNeedsActivation or ValidationError by field.
    """
    subscription = _lock(subscription)
    old = subscription.ends_at
    if not changes_of(subscription, {"ends_at": ends_at}, seen=seen, by=by):
        return subscription
    if subscription.state_now == Subscription.State.EXPIRED:
        raise EndNeedsActivation
    subscription.ends_at = checked_end(ends_at)
    subscription.save(update_fields=["ends_at"])
    changes = _end_changed(old, ends_at)
    record("subscription.end_changed", by=by, subject=subscription, **changes)
    return subscription


@action(Permission.SUBSCRIPTIONS_MANAGE)
def delete_subscription(*, subscription: Subscription, by: User) -> None:
    """Remove it with its keys and their counts; the journal keeps what happened. The owner is told
    if somebody else took a subscription that was active."""
    subscription = _lock(subscription)
    record("subscription.deleted", by=by, subject=subscription)
    tell_of_deletion(subscription, by=by)
    subscription.delete()


def _end_changed(old: datetime | None, new: datetime | None) -> dict[str, Any]:
    """What the journal notes of another end; nothing where it stays."""
    if old == new:
        return {}
    return {"changes": {"ends_at": [old and old.isoformat(), new and new.isoformat()]}}


def _lock(subscription: Subscription) -> Subscription:
    locked = Subscription.objects.select_for_update(of=("self",))
    return locked.select_related("product", "owner").get(pk=subscription.pk)


def _locked(subscription: Subscription, transition: Transition) -> Subscription:
    subscription = _lock(subscription)
    if transition not in possible(subscription):
        raise TransitionRefused(subscription)
    return subscription


def _change(subscription: Subscription, state: Subscription.State, *, comment: str = "") -> None:
    subscription.state = state
    subscription.comment = comment.strip()
    subscription.state_changed_at = timezone.now()
    subscription.full_clean(validate_unique=False, validate_constraints=False)
    subscription.save()


def tell_of_deletion(subscription: Subscription, *, by: User | None) -> None:
    """Quiet for what the owner did, and for one whose keys were refused before: they know.

    About the owner, for the subscription is gone by the time the letter is written.
    """
    owner = subscription.owner
    if not subscription.is_active or (by is not None and by.pk == owner.pk):
        return
    queue_letter(
        "subscription_deleted",
        to=owner.email,
        reference=owner.public_id,
        language=owner.language,
        data={
            "subscription_name": subscription.name,
            "product_name": subscription.product.name,
            "changed_by": by.full_name if by else "",
        },
    )


def _tell(kind: str, subscription: Subscription) -> None:
    owner = subscription.owner
    queue_letter(kind, to=owner.email, reference=subscription.public_id, language=owner.language)
