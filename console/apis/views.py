"""APIs: what can be called, and where."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.models import Event
from base.doors import MB, administrators_only
from catalog import actions
from catalog.models import Api, Product
from console.activity.events import lines_of
from console.apis.effects import effects_on_api
from console.apis.forms import ApiForm, OpenApiForm
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, show_form, way_back
from console.kit.forms import SearchForm, TypedNameForm
from console.kit.requests import ConsoleRequest
from gateway.registry.addresses import base_of

EVENTS_SHOWN = 20


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every API with its products; APIs are few, so the list has no pages."""
    fragment = SearchForm(request.GET).fragment
    found = Api.objects.order_by("name_key").defer("openapi")
    if fragment:
        found = found.filter(name_key__contains=fragment.casefold())
    products = Prefetch("products", Product.objects.order_by("name_key"))
    context = {"apis": found.prefetch_related(products), "q": fragment}
    return render(request, "console/apis/index.html", context)


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    form = ApiForm(posted(request))
    if form.is_valid():
        try:
            api = actions.create_api(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request,
                _("The API %(name)s was added. Put it into a product to open it to developers.")
                % {"name": api.name},
            )
            return redirect("console:api-detail", api.public_id)
    operation = ConfirmDialog(
        title=_("Add API"),
        lead=_("A gateway sends the calls under its path to its back end."),
        submit=_("Save"),
        crumbs=[(reverse("console:api-list"), _("APIs"))],
    )
    back = way_back(request, otherwise=reverse("console:api-list"))
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    api = _found(public_id)
    events = Event.objects.filter(subject_id=api.public_id)[:EVENTS_SHOWN]
    context = {
        "api": api,
        "address": base_of(api),
        "products": api.products.order_by("name_key"),
        "lines": lines_of(events),
    }
    return render(request, "console/apis/show.html", context)


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    api = _found(public_id)
    form = ApiForm(posted(request), api=api)
    if form.is_valid():
        try:
            api = actions.edit_api(api=api, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The API %(name)s was saved.") % {"name": api.name})
            return redirect("console:api-detail", api.public_id)
    operation = ConfirmDialog(
        title=_("Edit %(name)s") % {"name": api.name}, submit=_("Save"), crumbs=_crumbs(api)
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(api))


@administrators_only(body=4 * MB)
def openapi(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """A page of its own: a document needs room, and a file cannot come through a dialog."""
    api = _found(public_id)
    form = OpenApiForm(
        posted(request),
        request.FILES if request.method == "POST" else None,
        initial={"openapi": api.openapi},
    )
    if form.is_valid():
        try:
            actions.edit_api(api=api, openapi=form.text, seen=form.seen, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The document of %(name)s was saved.") % {"name": api.name})
            return redirect("console:api-detail", api.public_id)
    return show_form(request, "console/apis/openapi.html", form=form, back=_address(api), api=api)


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    api = _found(public_id)
    form = TypedNameForm(posted(request), name=api.name)
    if form.is_valid():
        actions.delete_api(api=api, by=request.user, confirmed=True)
        messages.success(request, _("The API %(name)s was deleted.") % {"name": api.name})
        return redirect("console:api-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % {"name": api.name},
        lead=_("This cannot be undone."),
        submit=_("Delete API"),
        is_danger=True,
        crumbs=_crumbs(api),
        effects=[
            ("no-symbol", _("Calls under %(path)s are refused.") % {"path": api.path_prefix}),
            *effects_on_api(api),
            ("clock", _("The activity keeps what was done with it.")),
        ],
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(api))


def _found(public_id: UUID) -> Api:
    return get_object_or_404(Api, public_id=public_id)


def _address(api: Api) -> str:
    return reverse("console:api-detail", args=[api.public_id])


def _crumbs(api: Api) -> list[tuple[str, str]]:
    return [(reverse("console:api-list"), _("APIs")), (_address(api), api.name)]
