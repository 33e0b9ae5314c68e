"""What stops when subscriptions do."""

from collections.abc import Iterable

from django.utils.translation import ngettext

from catalog.models import Key, Subscription
from console.kit.numbers import shown
from gateway.check.calls import calls_of_subscriptions


def effects_on_subscriptions(subscriptions: Iterable[Subscription]) -> list[tuple[str, str]]:
    """What stops with them; icon and sentence."""
    pks = [subscription.pk for subscription in subscriptions]
    keys = Key.objects.callable_by_owner().filter(subscription__in=pks).count()
    calls = calls_of_subscriptions(pks).values()
    today, week = (sum(getattr(found, span) for found in calls) for span in ["today", "week"])
    stops = ngettext(
        "%(count)s live key is refused from the next call on.",
        "%(count)s live keys are refused from the next call on.",
        keys,
    )
    made = ngettext(
        "%(count)s call passed today, %(week)s this week.",
        "%(count)s calls passed today, %(week)s this week.",
        today,
    )
    return [
        ("key", stops % {"count": shown(keys)}),
        ("chart-bar-square", made % {"count": shown(today), "week": shown(week)}),
    ]
