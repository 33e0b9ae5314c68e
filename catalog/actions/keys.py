"""Operations on keys. Plain text leaves through IssuedKey once and is kept nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.changes import changes_of
from audit.journal import record
from base.authority import Permission, action
from base.changes import KEEP
from catalog.keys import (
    MAX_IMPORTED,
    MIN_IMPORTED,
    digest_of,
    digests_of,
    is_plausible,
    new_key,
    prefix_of,
)
from catalog.models import Key, Subscription, overlap_end
from mail.outbox import queue_letter


@dataclass(frozen=True)
class IssuedKey:
    """A fresh key and its plain text, for the one response that shows it."""

    key: Key
    plaintext: str = field(repr=False)


class SubscriptionHasNoKeys(ValidationError):
    """Only an active subscription is given keys."""

    def __init__(self) -> None:
        super().__init__(
            _("Keys can be made while the subscription is active."), code="subscription_has_no_keys"
        )


class KeyAlreadyReplaced(ValidationError):
    """The same form was sent twice, or somebody else replaced the key meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This key was replaced already, and the new one was shown then. Lost it? Make another one."
            ),
            code="key_already_replaced",
        )


class KeyHasEnded(ValidationError):
    """Ended or expired: what was refused once is not let in again."""

    def __init__(self) -> None:
        super().__init__(
            _("This key has ended and cannot be brought back. Make another one."),
            code="key_has_ended",
        )


class ImportedKeyRefused(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            {
                "value": ValidationError(
                    _(
                        "Give %(least)d to %(most)d visible ASCII characters without spaces; a key in this service's own form must be whole."
                    )
                    % {"least": MIN_IMPORTED, "most": MAX_IMPORTED},
                    code="imported_key_refused",
                )
            }
        )


class KeyValueTaken(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            {
                "value": ValidationError(
                    _("This value is a key here already."), code="key_value_taken"
                )
            }
        )


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="subscription.owner_id")
def issue_missing_keys(*, subscription: Subscription, by: User) -> list[IssuedKey]:
    """A key for each empty slot of an active subscription. Raises SubscriptionHasNoKeys."""
    subscription = _locked_active(subscription)
    return issue_into_empty_slots(subscription, by=by)


def issue_into_empty_slots(subscription: Subscription, *, by: User) -> list[IssuedKey]:
    """As ``issue_missing_keys``, inside the transaction of an operation that holds the row."""
    filled = set(subscription.keys.current().values_list("slot", flat=True))
    issued = []
    for slot in Key.Slot:
        if slot not in filled:
            issued.append(_issue(subscription, slot))
            record("key.issued", by=by, subject=issued[-1].key, slot=slot)
    return issued


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="key.subscription.owner_id")
def regenerate_key(
    *,
    key: Key,
    by: User,
    overlap: timedelta = timedelta(),
    expires_at: datetime | None = None,
) -> list[IssuedKey]:
    """Put a fresh key into the slot; the old one works on for ``overlap`` (zero to 30 days),
    unless it is replaced once more. The owner is told of what somebody else did.

    Raises KeyAlreadyReplaced, SubscriptionHasNoKeys or ValidationError by field.
    """
    subscription = _locked_active(key.subscription)
    slot, replaced = key.slot, _replace(key, overlap)
    issued = _issue(subscription, slot, expires_at=_checked_expiry(expires_at))
    record("key.regenerated", by=by, subject=issued.key, slot=slot, **replaced)
    _tell_of_replacement(subscription, key, replaced, by=by)
    return [issued]


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="subscription.owner_id")
def import_key(
    *,
    subscription: Subscription,
    slot: str,
    value: str,
    by: User,
    expires_at: datetime | None = None,
    overlap: timedelta = timedelta(),
) -> Key:
    """Take over an existing value, hashed on arrival; what the slot held works on for ``overlap``.
    The owner is told of what somebody else replaced.

    Raises ImportedKeyRefused, KeyValueTaken, SubscriptionHasNoKeys or ValidationError by field.
    """
    if not is_plausible(value):
        raise ImportedKeyRefused
    subscription = _locked_active(subscription)
    if Key.objects.filter(digest__in=digests_of(value)).exists():
        raise KeyValueTaken
    present = subscription.keys.current().filter(slot=slot).first()
    replaced = _replace(present, overlap) if present is not None else {}
    key = Key(
        subscription=subscription,
        slot=slot,
        prefix=prefix_of(value),
        digest=digest_of(value),
        is_imported=True,
        expires_at=_checked_expiry(expires_at),
    )
    key.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError:
        raise KeyValueTaken from None
    record("key.imported", by=by, subject=key, slot=slot, **replaced)
    if present is not None:
        _tell_of_replacement(subscription, present, replaced, by=by)
    return key


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="key.subscription.owner_id")
def end_key(*, key: Key, by: User) -> Key:
    """Refuse the key from the next call on, and tell its owner if it was somebody else; quiet when
    it has ended."""
    key = _locked_key(key)
    if not key.is_live:
        return key
    key.expires_at = timezone.now()
    key.save(update_fields=["expires_at"])
    record("key.ended", by=by, subject=key, slot=key.slot)
    _tell_owner("key_revoked", key.subscription, by=by, key=key)
    return key


@action(Permission.SUBSCRIPTIONS_MANAGE, or_owner="key.subscription.owner_id")
def set_key_expiry(
    *,
    key: Key,
    by: User,
    expires_at: datetime | None = KEEP,
    seen: Mapping[str, Any] | None = None,
) -> Key:
    """Let the slot's present key expire in the future, or never (None). Quiet when nothing differs.
    The owner is told if somebody else made its life shorter.

    Raises EditConflict, KeyAlreadyReplaced, KeyHasEnded or ValidationError by field.
    """
    key = _locked_key(key)
    if key.is_replaced:
        raise KeyAlreadyReplaced
    if not key.is_live:
        raise KeyHasEnded
    old = key.expires_at
    if not changes_of(key, {"expires_at": expires_at}, seen=seen, by=by):
        return key
    key.expires_at = _checked_expiry(expires_at)
    key.warned_days = None
    key.save(update_fields=["expires_at", "warned_days"])
    changes = {"expires_at": [old and old.isoformat(), expires_at and expires_at.isoformat()]}
    record("key.expiry_changed", by=by, subject=key, changes=changes)
    if expires_at is not None and (old is None or expires_at < old):
        before = old.isoformat() if old else ""
        after = expires_at.isoformat()
        _tell_owner(
            "key_expiry_changed", key.subscription, by=by, key=key, ends_at=after, before=before
        )
    return key


def _locked_active(subscription: Subscription) -> Subscription:
    """The subscription's row comes before any of its keys, so that two operations go in turn."""
    locked = Subscription.objects.select_for_update(of=("self",))
    subscription = locked.select_related("product", "owner").get(pk=subscription.pk)
    if not subscription.is_active:
        raise SubscriptionHasNoKeys
    return subscription


def _locked_key(key: Key) -> Key:
    Subscription.objects.select_for_update().get(pk=key.subscription_id)
    rows = Key.objects.select_related("subscription__owner", "subscription__product")
    return rows.get(pk=key.pk)


def _tell_of_replacement(
    subscription: Subscription, key: Key, replaced: dict[str, Any], *, by: User
) -> None:
    """``key`` is the one that lost its slot, ``replaced`` what the journal notes of that."""
    works_until = replaced["works_until"]
    earlier = ", ".join(replaced.get("ended", []))
    _tell_owner(
        "key_replaced", subscription, by=by, key=key, works_until=works_until, earlier=earlier
    )


def _tell_owner(kind: str, subscription: Subscription, *, by: User, key: Key, **data: str) -> None:
    """Quiet for what the owner did. The letter has the beginning of the key and never the whole."""
    owner = subscription.owner
    if by.pk == owner.pk:
        return
    queue_letter(
        kind,
        to=owner.email,
        reference=subscription.public_id,
        language=owner.language,
        data={"key": str(key.public_id), "changed_by": by.full_name, **data},
    )


def _replace(key: Key, overlap: timedelta) -> dict[str, Any]:
    """Empty the slot; what the journal notes of it.

    An expiry that comes before the end of the overlap stays. A key that was replaced before ends
    now: a slot opens by two keys at most.
    """
    key = Key.objects.get(pk=key.pk)
    if key.is_replaced:
        raise KeyAlreadyReplaced
    earlier = key.subscription.keys.live().filter(slot=key.slot, replaced_at__isnull=False)
    ended = sorted(one.masked for one in earlier)
    earlier.update(expires_at=timezone.now())
    end = overlap_end(overlap)
    key.expires_at = min(key.expires_at or end, end)
    key.replaced_at = timezone.now()
    key.save(update_fields=["expires_at", "replaced_at"])
    facts = {"replaced": key.masked, "works_until": key.expires_at.isoformat()}
    return facts | ({"ended": ended} if ended else {})


def _issue(
    subscription: Subscription, slot: str, *, expires_at: datetime | None = None
) -> IssuedKey:
    plaintext = new_key()
    key = Key.objects.create(
        subscription=subscription,
        slot=slot,
        prefix=prefix_of(plaintext),
        digest=digest_of(plaintext),
        expires_at=expires_at,
    )
    return IssuedKey(key, plaintext)


def _checked_expiry(expires_at: datetime | None) -> datetime | None:
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError(
            {
                "expires_at": ValidationError(
                    _("Choose a moment in the future."), code="expiry_in_past"
                )
            }
        )
    return expires_at
