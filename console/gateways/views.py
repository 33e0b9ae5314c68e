"""Gateways that ask the check, and ready-made configuration for them."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.models import Event
from base.doors import administrators_only, recent_password_required
from console.activity.events import lines_of
from console.gateways.forms import GatewayForm, RotateForm
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted
from console.kit.forms import TypedNameForm
from console.kit.requests import ConsoleRequest
from gateway.models import Gateway, Secret
from gateway.registry import actions
from gateway.registry.config import KINDS, UnknownGateway
from gateway.registry.config import render as render_configuration

EVENTS_SHOWN = 20
SHOWN_ONCE = "console/gateways/secret.html"


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every gateway; they are few, so the list has no pages."""
    live = Prefetch("secrets", Secret.objects.live().order_by("-pk"), to_attr="live_secrets")
    context = {
        "gateways": Gateway.objects.order_by("name_key").prefetch_related(live),
        "kinds": KINDS,
    }
    return render(request, "console/gateways/index.html", context)


@administrators_only
@recent_password_required
def create(request: ConsoleRequest) -> HttpResponse:
    """POST answers with the secret itself: no later page can show it again."""
    form = GatewayForm(posted(request))
    if form.is_valid():
        try:
            gateway, secret = actions.register_gateway(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            context = {"gateway": gateway, "secret": secret, "kinds": KINDS}
            return render(request, SHOWN_ONCE, context)
    operation = ConfirmDialog(
        title=_("Register gateway"),
        lead=_("It gets a secret, with which it may ask about calls."),
        submit=_("Register gateway"),
        crumbs=[(reverse("console:gateway-list"), _("Gateways"))],
    )
    return show_confirm_dialog(request, operation, form=form, back=reverse("console:gateway-list"))


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    gateway = _found(public_id)
    context = {
        "gateway": gateway,
        "secrets": gateway.secrets.live().order_by("-pk"),
        "kinds": KINDS,
        "lines": lines_of(Event.objects.filter(subject_id=gateway.public_id)[:EVENTS_SHOWN]),
    }
    return render(request, "console/gateways/show.html", context)


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    gateway = _found(public_id)
    initial = {"name": gateway.name, "public_address": gateway.public_address}
    form = GatewayForm(posted(request), initial=initial)
    if form.is_valid():
        try:
            actions.edit_gateway(gateway=gateway, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The gateway was saved."))
            return redirect("console:gateway-detail", gateway.public_id)
    operation = ConfirmDialog(
        title=_("Edit %(name)s") % {"name": gateway.name},
        submit=_("Save"),
        crumbs=_crumbs(gateway),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(gateway))


@administrators_only
@recent_password_required
def rotate(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    gateway = _found(public_id)
    present = gateway.secrets.get(ends_at=None)
    form = RotateForm(posted(request), initial={"replaces": present.prefix})
    if form.is_valid():
        try:
            secret = actions.rotate_secret(gateway=gateway, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            context = {"gateway": gateway, "secret": secret, "kinds": KINDS}
            return render(request, SHOWN_ONCE, context)
    operation = ConfirmDialog(
        title=_("Rotate the secret of %(name)s?") % {"name": gateway.name},
        lead=_("Give the new one to the gateway while the old one still works."),
        submit=_("Rotate secret"),
        is_danger=True,
        crumbs=_crumbs(gateway),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(gateway))


@administrators_only(methods=["POST"])
def end_previous(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The gateway has the new secret: let the old one work no longer."""
    gateway = _found(public_id)
    actions.end_previous_secret(gateway=gateway, by=request.user)
    messages.success(request, _("The earlier secret has ended."))
    return redirect("console:gateway-detail", gateway.public_id)


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    gateway = _found(public_id)
    form = TypedNameForm(posted(request), name=gateway.name)
    if form.is_valid():
        actions.delete_gateway(gateway=gateway, by=request.user)
        messages.success(request, _("The gateway %(name)s was deleted.") % {"name": gateway.name})
        return redirect("console:gateway-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % {"name": gateway.name},
        lead=_("This cannot be undone."),
        submit=_("Delete gateway"),
        is_danger=True,
        crumbs=_crumbs(gateway),
        effects=[("no-symbol", _("Every call that comes through it is refused."))],
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(gateway))


@administrators_only(methods=["GET"])
def configuration(request: ConsoleRequest, kind: str) -> HttpResponse:
    """A file to download, with a placeholder where the secret goes: only its hash is kept."""
    try:
        text = render_configuration(kind)
    except UnknownGateway:
        raise Http404 from None
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{KINDS[kind]}"'
    return answer


def _found(public_id: UUID) -> Gateway:
    return get_object_or_404(Gateway, public_id=public_id)


def _address(gateway: Gateway) -> str:
    return reverse("console:gateway-detail", args=[gateway.public_id])


def _crumbs(gateway: Gateway) -> list[tuple[str, str]]:
    return [(reverse("console:gateway-list"), _("Gateways")), (_address(gateway), gateway.name)]
