"""Figures for monitoring, in Prometheus' text format; read from the database at each scrape."""

from collections.abc import Iterator
from hmac import compare_digest

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts.models import User
from base.doors import open_to_all
from catalog.models import Subscription
from invitations.models import Invitation
from mail.models import Message


@open_to_all(methods=["GET"])
def show(request: HttpRequest) -> HttpResponse:
    """With ``Authorization: Bearer`` and ``APIM_METRICS_TOKEN``; without one set, only in debug.

    Anybody else gets 404: how many people there are is nobody's business.
    """
    if not _may_read(request.headers.get("Authorization", "")):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(authorization: str) -> bool:
    if not settings.METRICS_TOKEN:
        return settings.DEBUG
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    return compare_digest(authorization.encode(), wanted.encode())


class _Figures(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _by_state("apim_users", "People, by state.", _counted(User), User.State.values)
        yield _by_state(
            "apim_subscriptions_stored",
            "Subscriptions, by stored state; one past its end is still active here.",
            _counted(Subscription),
            [state for state in Subscription.State.values if state != "expired"],
        )
        pending = GaugeMetricFamily("apim_invitations_pending", "Invitations that can be accepted.")
        pending.add_metric([], Invitation.objects.pending().count())
        yield pending
        yield _by_state("apim_letters", "Letters, by state.", _counted(Message), Message.State)
        oldest = GaugeMetricFamily(
            "apim_letters_oldest_waiting_seconds",
            "Age of the oldest letter that could have left; 0 when none waits.",
        )
        oldest.add_metric([], _age_of_oldest_letter())
        yield oldest


def _counted(model: type[User] | type[Subscription] | type[Message]) -> dict[str, int]:
    rows = model._default_manager.order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def _by_state(name: str, words: str, counts: dict[str, int], states: object) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state in states:  # type: ignore[attr-defined]
        family.add_metric([str(state)], counts.get(str(state), 0))
    return family


def _age_of_oldest_letter() -> float:
    oldest = Message.objects.oldest_due()
    return (timezone.now() - oldest.created_at).total_seconds() if oldest else 0.0
