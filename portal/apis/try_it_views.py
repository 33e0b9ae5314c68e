"""Trying an operation: a call sent from here, through the gateway, with the caller's own key."""

from typing import Any

from allauth.core import ratelimit
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from base.doors import LONG_TEXT, signed_in_only
from catalog.models import Api, Product
from catalog.openapi.operations import Operation, read_openapi
from gateway.registry.addresses import base_of
from gateway.try_it.sending import NoAnswer, send
from portal.apis.try_it_form import TrialForm
from portal.apis.try_it_result import Exchange, exchange_of
from portal.kit.permitted import api_or_404
from portal.kit.requests import SignedInRequest


@signed_in_only(body=LONG_TEXT)
@sensitive_post_parameters("key")
def show(request: SignedInRequest, slug: str, anchor: str) -> HttpResponse:
    """The form; POST sends the call and answers with what came back. The key is kept nowhere."""
    api = api_or_404(request.user, slug)
    operation = operation_or_404(api, anchor)
    form = TrialForm(
        request.POST if request.method == "POST" else None,
        operation=operation,
        api=api,
        base=base_of(api),
        takes_focus=bool(request.htmx),
    )
    exchange, status = _outcome(request, form) if form.is_bound else (None, 200)
    context: dict[str, Any] = {
        "api": api,
        "operation": operation,
        "form": form,
        "exchange": exchange,
        "products": Product.objects.visible_to(request.user).filter(apis=api).order_by("name_key"),
    }
    return render(request, _template(request), context, status=status)


def operation_or_404(api: Api, anchor: str) -> Operation:
    """An operation of the API's document by its name in addresses."""
    operation = read_openapi(api.openapi).operation(anchor) if api.openapi else None
    if operation is None:
        raise Http404
    return operation


def _outcome(request: SignedInRequest, form: TrialForm) -> tuple[Exchange | None, int]:
    if form.obstacle or not form.is_valid():
        return None, 422
    if not ratelimit.consume(request, action="trial_call", user=request.user):
        form.add_error(None, _("Too many calls in a short time. Wait a minute and send it again."))
        return None, 429
    return _sent(request, form), 200


def _sent(request: SignedInRequest, form: TrialForm) -> Exchange:
    here, address = form.api.is_answered_here, request.META["REMOTE_ADDR"]
    try:
        answer = send(form.call, to_ourselves=here, address=address)
    except NoAnswer as failure:
        return exchange_of(form.call, None, str(failure))
    return exchange_of(form.call, answer)


def _template(request: SignedInRequest) -> str:
    """With script a part of the page: the answer to a form, or the form within the API's page."""
    if not request.htmx:
        return "portal/apis/try.html"
    return f"portal/apis/{'_answer' if request.method == 'POST' else '_trial'}.html"
