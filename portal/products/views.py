"""Products that people may see, and subscribing to them."""

from typing import Any

from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from base.doors import open_to_all, signed_in_only
from catalog import actions
from catalog.models import Product, Subscription
from portal.kit.first_calls import first_call_of
from portal.kit.permitted import product_or_404, visitor
from portal.kit.requests import SignedInRequest
from portal.subscriptions.forms import SubscribeForm


@open_to_all(methods=["GET"])
def index(request: HttpRequest) -> HttpResponse:
    """What this person or visitor may see; products are few, so the list has no pages."""
    person = visitor(request.user)
    own = Q(subscriptions__owner=person) if person else Q(pk=None)
    counted = Product.objects.visible_to(person).annotate(
        api_count=Count("apis", distinct=True),
        own_count=Count("subscriptions", filter=own, distinct=True),
    )
    return render(request, "portal/products/index.html", {"products": counted.order_by("name_key")})


@open_to_all(methods=["GET"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The product with its APIs, terms and the form to subscribe."""
    product = product_or_404(request.user, slug)
    return _page(request, product, SubscribeForm(product=product))


@signed_in_only
def subscribe(request: SignedInRequest, slug: str) -> HttpResponse:
    """POST answers with the keys themselves: no later page can show them again."""
    product = product_or_404(request.user, slug)
    if request.method != "POST":
        return _page(request, product, SubscribeForm(product=product))
    form = SubscribeForm(request.POST, product=product)
    status = 422
    if form.is_valid() and not ratelimit.consume(request, action="subscribe", user=request.user):
        form.add_error(None, _("Too many subscriptions in a short time. Try again in an hour."))
        status = 429
    if form.is_valid():
        try:
            subscription, issued = actions.subscribe(
                product=product,
                name=form.cleaned_data["name"],
                terms_accepted=form.cleaned_data.get("terms_accepted", False),
                public_id=form.cleaned_data["number"],
                by=request.user,
            )
        except actions.AlreadySubscribed:
            return render(request, "portal/products/sent_twice.html", {"product": product})
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            context = {
                "product": product,
                "subscription": subscription,
                "issued": issued,
                "first_call": first_call_of(product),
            }
            page = "subscribed" if issued else "waiting"
            return render(request, f"portal/products/{page}.html", context)
    return _page(request, product, form, status=status)


def _page(
    request: HttpRequest, product: Product, form: SubscribeForm, *, status: int = 200
) -> HttpResponse:
    person = visitor(request.user)
    own = Subscription.objects.filter(product=product, owner=person) if person else None
    limit = product.subscription_limit
    used = own.counted().count() if own is not None else 0
    context: dict[str, Any] = {
        "product": product,
        "apis": product.apis.order_by("name_key"),
        "form": form,
        "own_count": used,
        "limit_reached": limit is not None and used >= limit,
        "is_suspended": own is not None and own.in_state(Subscription.State.SUSPENDED).exists(),
    }
    return render(request, "portal/products/show.html", context, status=status)
