"""Forgets old refusals and the counts of deleted keys, once an hour."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from base.batches import delete_in_batches
from base.jobs import Job, JobResult, Stop, register
from catalog.models import Key
from gateway.models import REFUSALS_KEPT, CallCount, Refusal

PURGE_EVERY = 3600.0
# So that nobody fills the disk with refused calls.
MAX_REFUSALS_KEPT = 1_000_000
# The same of calls without a known key, which anybody can make: they push out no others.
MAX_ANONYMOUS_REFUSALS_KEPT = 200_000


def purge_expired(stop: Stop = lambda: False) -> int:
    """Delete them; returns how many rows."""
    key = Key.objects.filter(pk=OuterRef("key_id"))
    return sum(
        delete_in_batches(rows, stop)
        for rows in [
            Refusal.objects.filter(at__lt=timezone.now() - REFUSALS_KEPT),
            _beyond(Refusal.objects.filter(key_pk=0), MAX_ANONYMOUS_REFUSALS_KEPT),
            _beyond(Refusal.objects.exclude(key_pk=0), MAX_REFUSALS_KEPT),
            CallCount.objects.filter(~Exists(key)),
        ]
    )


def _beyond(refusals: QuerySet[Refusal], most: int) -> QuerySet[Refusal]:
    """All but the newest ``most``."""
    last_kept = refusals.order_by("-pk").values_list("pk", flat=True)[most : most + 1]
    return refusals.filter(pk__lte=next(iter(last_kept), 0))


def _purge(stop: Stop) -> JobResult:
    purged = purge_expired(stop)
    return JobResult(PURGE_EVERY, f"{purged} rows deleted" if purged else "")


purge_job = register(Job("purge-refusals", _purge))
