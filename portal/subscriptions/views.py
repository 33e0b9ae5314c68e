"""One's own subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.charts import Chart, bar_chart
from base.doors import signed_in_only
from catalog import actions
from catalog.models import Key, Product, Subscription
from catalog.transitions import Transition, possible_to_owner
from gateway.check.calls import Calls, DayOfCalls, calls_of_subscriptions, daily_calls_of
from portal.kit.permitted import subscription_or_404
from portal.kit.requests import SignedInRequest
from portal.subscriptions.forms import RenameForm

EARLIER = {
    Subscription.State.CANCELLED,
    Subscription.State.REJECTED,
    Subscription.State.EXPIRED,
}


@dataclass(frozen=True)
class Card:
    """A subscription as its owner sees it. ``replaced`` are earlier keys that still work."""

    subscription: Subscription
    keys: list[Key]
    replaced: list[Key]
    calls: Calls
    chart: Chart
    can_cancel: bool
    # The owner sees the product; while nobody of their roles does, its keys are refused.
    product_is_open: bool

    @property
    def lacks_keys(self) -> bool:
        return self.subscription.is_active and len(self.keys) < len(Key.Slot)

    @property
    def over_since(self) -> datetime | None:
        """When a subscription that is over ended."""
        is_expired = self.subscription.state_now == Subscription.State.EXPIRED
        return self.subscription.ends_at if is_expired else self.subscription.state_changed_at


@signed_in_only(methods=["GET"])
def index(request: SignedInRequest) -> HttpResponse:
    """Present ones as cards; what ended is kept below."""
    cards = _cards(request)
    context = {
        "cards": [card for card in cards if card.subscription.state_now not in EARLIER],
        "earlier": [card for card in cards if card.subscription.state_now in EARLIER],
    }
    return render(request, "portal/subscriptions/index.html", context)


@signed_in_only
def rename(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    subscription = subscription_or_404(request.user, public_id)
    form = RenameForm(
        request.POST if request.method == "POST" else None, initial={"name": subscription.name}
    )
    if form.is_valid():
        try:
            actions.rename_subscription(subscription=subscription, by=request.user, **form.edits)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The subscription was renamed."))
            return redirect("portal:subscription-list")
    context = {"form": form, "subscription": subscription}
    status = 422 if form.is_bound else 200
    return render(request, "portal/subscriptions/rename.html", context, status=status)


@signed_in_only
def cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The page says what stops; POST does it."""
    subscription = subscription_or_404(request.user, public_id)
    if request.method == "POST":
        try:
            actions.cancel_subscription(subscription=subscription, by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            name = {"name": subscription.name}
            messages.success(request, _("The subscription %(name)s was cancelled.") % name)
        return redirect("portal:subscription-list")
    context = {
        "subscription": subscription,
        "live_keys": subscription.keys.live().count() if subscription.is_active else 0,
        "calls": calls_of_subscriptions([subscription.pk]).get(subscription.pk, Calls()),
    }
    return render(request, "portal/subscriptions/cancel.html", context)


def _cards(request: SignedInRequest) -> list[Card]:
    """Five queries, however many there are."""
    found = Subscription.objects.filter(owner=request.user).select_related("product")
    keys = Key.objects.order_by("slot", "pk")
    rows = list(found.prefetch_related(Prefetch("keys", keys)).order_by("-created_at", "-id"))
    calls = calls_of_subscriptions(row.pk for row in rows)
    days = daily_calls_of(row.pk for row in rows)
    seen = Product.objects.visible_to(request.user).filter(pk__in={row.product_id for row in rows})
    open_products = set(seen.values_list("pk", flat=True))
    return [
        Card(
            subscription=row,
            keys=[key for key in row.keys.all() if not key.is_replaced],
            replaced=[key for key in row.keys.all() if key.is_replaced and key.is_live],
            calls=calls.get(row.pk, Calls()),
            chart=chart_of(days[row.pk]),
            can_cancel=Transition.CANCEL in possible_to_owner(row),
            product_is_open=row.product_id in open_products,
        )
        for row in rows
    ]


def chart_of(days: list[DayOfCalls]) -> Chart:
    """The calls of the last days as bars."""
    passed = sum(day.passed for day in days)
    refused = sum(day.refused for day in days)
    summary = ngettext("%(count)s call passed", "%(count)s calls passed", passed) % {
        "count": number_format(passed, force_grouping=True)
    }
    if refused:
        summary += ", " + _("%(count)s refused") % {
            "count": number_format(refused, force_grouping=True)
        }
    points = [(date_format(day.day, "j M"), day.passed) for day in days]
    title = _("Calls in %(count)d days") % {"count": len(days)}
    return bar_chart(title, points, summary=summary)
