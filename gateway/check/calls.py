"""Reading what was counted. Days are UTC days; a week is today and the six days before."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from catalog.models import Subscription
from gateway.check.references import normalized
from gateway.models import CallCount, Refusal

WEEK = timedelta(days=6)


class Calls(NamedTuple):
    """How many calls passed and were refused."""

    today: int = 0
    week: int = 0
    refused_today: int = 0
    refused_week: int = 0


class DayOfCalls(NamedTuple):
    day: date
    passed: int
    refused: int


def calls_of_keys(key_pks: Iterable[int]) -> dict[int, Calls]:
    """The calls of each key that made any this week; one query."""
    return _calls_by("key_id", CallCount.objects.filter(key_id__in=list(key_pks)))


def calls_of_subscriptions(pks: Iterable[int]) -> dict[int, Calls]:
    """The calls of each subscription that made any this week, by all keys it had; one query."""
    counts = CallCount.objects.filter(key__subscription_id__in=list(pks))
    return _calls_by("key__subscription_id", counts)


def calls_of_user(user: User) -> Calls:
    """The calls of all keys of a person."""
    counts = CallCount.objects.filter(key__subscription__owner=user)
    return _calls_by("key__subscription__owner_id", counts).get(user.pk, Calls())


def calls_of_everybody() -> Calls:
    """The calls of the whole service."""
    return Calls(**_week(CallCount.objects.all()).aggregate(**_sums()))


def daily_calls(subscription: Subscription, days: int = 14) -> list[DayOfCalls]:
    """The last ``days`` days, the oldest first, days without a call included."""
    return daily_calls_of([subscription.pk], days)[subscription.pk]


def daily_calls_of(pks: Iterable[int], days: int = 14) -> dict[int, list[DayOfCalls]]:
    """As ``daily_calls`` for each of several subscriptions; one query."""
    wanted = list(pks)
    first = datetime.now(UTC).date() - timedelta(days=days - 1)
    counts = CallCount.objects.filter(key__subscription_id__in=wanted, day__gte=first)
    rows = counts.values_list("key__subscription_id", "day").annotate(
        passed=Sum("calls", filter=Q(reason=""), default=0),
        refused=Sum("calls", filter=~Q(reason=""), default=0),
    )
    found = {(pk, day): DayOfCalls(day, passed, refused) for pk, day, passed, refused in rows}
    every = [first + timedelta(days=number) for number in range(days)]
    return {pk: [found.get((pk, day), DayOfCalls(day, 0, 0)) for day in every] for pk in wanted}


def first_refusal_since(user: User, moment: datetime) -> Refusal | None:
    """The first call of any key of the person that was refused since; None if there was none yet."""
    return Refusal.objects.filter(user_pk=user.pk, at__gte=moment).order_by("at").first()


def find_refusal(reference: str) -> Refusal | None:
    """The decision with this reference, however it was typed; kept for 7 days."""
    return Refusal.objects.filter(reference=normalized(reference)).first()


def _calls_by(column: str, counts: QuerySet[CallCount]) -> dict[int, Calls]:
    rows = _week(counts).order_by().values(column).annotate(**_sums())
    return {row.pop(column): Calls(**row) for row in rows}


def _week(counts: QuerySet[CallCount]) -> QuerySet[CallCount]:
    return counts.filter(day__gte=datetime.now(UTC).date() - WEEK)


def _sums() -> dict[str, Sum]:
    today = Q(day=datetime.now(UTC).date())
    passed = Q(reason="")
    return {
        "today": Sum("calls", filter=passed & today, default=0),
        "week": Sum("calls", filter=passed, default=0),
        "refused_today": Sum("calls", filter=~passed & today, default=0),
        "refused_week": Sum("calls", filter=~passed, default=0),
    }
