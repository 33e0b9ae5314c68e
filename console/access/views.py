"""Why can't they call it? The steps behind the check's answer, for people."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from base.doors import administrators_only
from catalog.access.explanation import Explanation, explain, explain_for
from catalog.access.rule import STEP_OF, STEPS, Place
from catalog.access.steps import AccessStep
from catalog.models import Api, Key
from console.access.forms import AccessForm, ReferenceForm
from console.activity.events import describe
from console.kit.requests import ConsoleRequest
from console.kit.whole_keys import address_without_keys
from gateway.check import query
from gateway.check.calls import find_refusal
from gateway.models import Gateway, Refusal

SUBSCRIPTIONS_TESTED = 20


@dataclass(frozen=True)
class ShownStep:
    """A step with the URL of the page where it is fixed, and what Activity says of it."""

    step: AccessStep
    url: str
    told: str
    is_first_failing: bool


@administrators_only(methods=["GET"])
def explain_access(request: ConsoleRequest) -> HttpResponse:
    """A form in the address: a person and an API, or the reference of a refusal."""
    if cut := address_without_keys(request, "key"):
        return redirect(cut)
    asked = "api" in request.GET
    form = AccessForm(request.GET if asked else None, initial=request.GET.dict())
    by_reference = ReferenceForm(request.GET if request.GET.get("reference") else None)
    context: dict[str, Any] = {"form": form, "by_reference": by_reference, "rule": STEPS}
    if by_reference.is_valid():
        context |= _of_reference(by_reference.cleaned_data["reference"])
    elif form.is_valid():
        wanted = form.cleaned_data
        context |= _shown(
            explain_for(user=wanted["person"], api=wanted["api"], prefix=wanted["key"])
        )
        context |= {"person": wanted["person"], "api": wanted["api"], "asked": True}
    return render(request, "console/access/explain.html", context)


@administrators_only(methods=["GET"])
def test_now(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Asks the check itself with each subscription of the person; changes and counts nothing."""
    user = get_object_or_404(User, public_id=public_id)
    keys = Prefetch("keys", Key.objects.live().order_by("slot", "-pk"), to_attr="live_keys")
    by_name = Prefetch("product__apis", Api.objects.order_by("name_key").defer("openapi"))
    found = user.subscriptions.select_related("product").prefetch_related(keys, by_name)
    rows = []
    for subscription in found.order_by("-created_at", "-id")[:SUBSCRIPTIONS_TESTED]:
        api = next(iter(subscription.product.apis.all()), None)
        asked = [(key, _asked(key, api)) for key in subscription.live_keys] if api else []
        rows.append({"subscription": subscription, "api": api, "answers": asked})
    # A thread of the web asks once in a while; the check's connection is not for keeping here.
    query.close()
    context = {
        "person": user,
        "rows": rows,
        "back": reverse("console:developer-detail", args=[public_id]),
    }
    return render(request, "console/developers/test_now.html", context)


def _asked(key: Key, api: Api) -> dict[str, Any]:
    try:
        reason = query.ask_for_digest(key.digest, api.path_prefix).reason
    except query.DatabaseUnavailable:
        return {"passes": False, "words": _("The check cannot read the database.")}
    return {"passes": reason is None, "words": reason.label if reason else ""}


def _of_reference(reference: str) -> dict[str, Any]:
    """The decision as it was, and the steps for the same key as they are now."""
    refusal = find_refusal(reference)
    if refusal is None:
        return {"unknown_reference": reference}
    api = Api.objects.filter(pk=refusal.api_pk).first()
    keys = Key.objects.select_related("subscription__owner", "subscription__product")
    key = keys.filter(pk=refusal.key_pk).first()
    context: dict[str, Any] = {"refusal": refusal, "told": _words(refusal), "api": api}
    if api is not None and key is not None:
        context |= _shown([explain(api=api, key=key)]) | {"person": key.subscription.owner}
    return context


def _words(refusal: Refusal) -> dict[str, Any]:
    gateway = Gateway.objects.filter(pk=refusal.gateway_pk).first()
    step = STEP_OF.get(refusal.reason)
    return {
        # The stored word where another release wrote it.
        "reason": refusal.get_reason_display(),
        "gateway": gateway,
        "advice": step.advice if step else "",
    }


def _shown(explanations: list[Explanation]) -> dict[str, Any]:
    if not explanations:
        return {}
    best = explanations[0]
    failing = best.first_failing
    steps = [
        ShownStep(
            step,
            _address_of(step, best),
            describe(step.event) if step.event else "",
            step is failing,
        )
        for step in best.steps
    ]
    return {"best": best, "steps": steps, "others": explanations[1:]}


def _address_of(step: AccessStep, explanation: Explanation) -> str:
    """The page where the step is fixed."""
    person, product = explanation.user, step.product
    match step.place:
        case Place.DEVELOPER:
            return reverse("console:developer-detail", args=[person.public_id])
        case Place.API:
            return reverse("console:api-detail", args=[explanation.api.public_id])
        case Place.SUBSCRIBE:
            wanted = {"person": person.email, "product": product.public_id if product else ""}
            return f"{reverse('console:subscription-create')}?{urlencode(wanted)}"
        case Place.SUBSCRIPTION if explanation.subscription:
            page = "console:subscription-detail"
            return reverse(page, args=[explanation.subscription.public_id])
    pages = {
        Place.VISIBILITY: "console:product-roles",
        Place.PRODUCT: "console:product-detail",
        Place.PRODUCT_APIS: "console:product-apis",
    }
    where = pages.get(step.place)
    return reverse(where, args=[product.public_id]) if where and product else ""
