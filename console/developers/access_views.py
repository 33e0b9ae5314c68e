"""The tabs of one developer that tell of the catalog: their subscriptions, and all their keys."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import User
from base.doors import administrators_only
from catalog.models import Key, Subscription
from console.developers.page_data import counts_of
from console.kit.listing import listing_of
from console.kit.requests import ConsoleRequest
from console.subscriptions.list_views import ORDERS, rows_of, with_keys
from gateway.check.calls import Calls, calls_of_keys, calls_of_user

KEY_ORDERS = {"created": ["created_at", "id"], "used": ["last_used_at", "id"]}


@dataclass(frozen=True)
class KeyRow:
    """``is_refused`` although the key itself is live: its subscription or owner is stopped."""

    key: Key
    calls: Calls
    is_refused: bool


@administrators_only(methods=["GET"])
def subscriptions(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """All of them, whatever their state."""
    user = get_object_or_404(User, public_id=public_id)
    found = with_keys(Subscription.objects.filter(owner=user))
    listing = listing_of(found, request, orders=ORDERS, default="-created")
    context = {
        "person": user,
        "tab": "subscriptions",
        "counts": counts_of(user),
        "listing": listing,
        "rows": rows_of(listing.page.rows),
        "calls": calls_of_user(user),
    }
    return render(request, "console/developers/subscriptions.html", context)


@administrators_only(methods=["GET"])
def keys(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Every key they ever had, with its use; ended and replaced ones too."""
    user = get_object_or_404(User, public_id=public_id)
    found = Key.objects.filter(subscription__owner=user).select_related("subscription__product")
    listing = listing_of(found, request, orders=KEY_ORDERS, default="-created")
    calls = calls_of_keys(key.pk for key in listing.page.rows)
    context = {
        "person": user,
        "tab": "keys",
        "counts": counts_of(user),
        "listing": listing,
        "rows": [
            KeyRow(
                key,
                calls.get(key.pk, Calls()),
                key.is_live and not (user.is_active and key.subscription.is_active),
            )
            for key in listing.page.rows
        ],
        "calls": calls_of_user(user),
    }
    return render(request, "console/developers/keys.html", context)
