"""What becomes of keys by themselves: their uses are noted, their digests renewed, their ends announced."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from base.authority import action
from base.batches import write_many
from base.jobs import Stop
from base.locks import lock_free
from base.secret_keys import digest_key_id
from catalog.models import Key, Subscription
from mail.outbox import queue_letter

# A key's use is noted at most this often.
USE_NOTED_EVERY = timedelta(minutes=1)
_NOTE_USE = {
    "sqlite": """
UPDATE catalog_key SET last_used_at = %s, last_used_address = %s
WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)
""",
    "postgresql": """
UPDATE catalog_key AS k SET last_used_at = u.used_at, last_used_address = u.address
FROM unnest(%s::timestamptz[], %s::inet[], %s::bigint[], %s::timestamptz[])
  AS u(used_at, address, pk, due_before)
WHERE k.id = u.pk AND (k.last_used_at IS NULL OR k.last_used_at < u.due_before)
""",
}
# Letters leave this long before a key expires.
WARNINGS = (30, 7)


@dataclass(frozen=True)
class KeyUse:
    """A call that passed."""

    at: datetime
    address: str | None


@action(without_actor="Calls that the gateway check let pass.")
def note_key_uses(uses: dict[int, KeyUse]) -> set[int]:
    """Write when and from where keys were last used, each at most once a minute; no journal.

    Returns the keys that were seen to: one that somebody is changing or deleting is passed over,
    because neither may wait for the other.
    """
    if not uses:
        return set()
    free = set(lock_free(Key.objects.filter(pk__in=set(uses))))
    moment = connection.ops.adapt_datetimefield_value
    rows = [
        (moment(use.at), use.address, pk, moment(use.at - USE_NOTED_EVERY))
        for pk, use in uses.items()
        if pk in free
    ]
    # Through the ORM each would cost as much as ten calls.
    write_many(_NOTE_USE, rows)
    return free


@action(without_actor="Calls that the gateway check let pass.")
def renew_key_digests(digests: dict[int, str]) -> None:
    """Bring digests of an earlier key under the present one, as the keys are used; no journal.

    One whose row somebody holds is passed over: its next use comes back to it.
    """
    for pk in lock_free(Key.objects.filter(pk__in=set(digests))):
        Key.objects.filter(pk=pk).update(digest=digests[pk], digest_key=digest_key_id())


def warn_of_expiring_keys(stop: Stop = lambda: False) -> int:
    """Tell owners 30 and 7 days before a key expires, once each; the number of letters queued."""
    now = timezone.now()
    told = 0
    for days in sorted(WARNINGS):
        due = Key.objects.current().filter(
            Q(warned_days=None) | Q(warned_days__gt=days),
            expires_at__gt=now,
            expires_at__lte=now + timedelta(days=days),
            # A letter to somebody blocked is never sent: they are told once they are active again.
            subscription__owner__state=User.State.ACTIVE,
            subscription__state=Subscription.State.ACTIVE,
        )
        for key in due.select_related("subscription__owner", "subscription__product"):
            if stop():
                return told
            with transaction.atomic():
                # The row decides which of several processes tells.
                untold = Key.objects.filter(pk=key.pk, warned_days=key.warned_days)
                if untold.update(warned_days=days):
                    queue_letter(
                        "key_expires",
                        to=key.subscription.owner.email,
                        reference=key.subscription.public_id,
                        language=key.subscription.owner.language,
                        data={"key": str(key.public_id)},
                    )
                    told += 1
    return told
