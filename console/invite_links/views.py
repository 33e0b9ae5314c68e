"""Invite links: one address for several people, what it gives, and who came through it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import push_url

from base.doors import administrators_only
from console.invite_links.forms import LinkForm, LinksFilter
from console.invite_links.page_data import (
    effects_of_deleting,
    effects_of_renewing,
    effects_of_turning_off,
    facts_of,
    rows_of,
    tabs_of,
)
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, show_form, way_back
from console.kit.forms import ConfirmForm, TypedNameForm
from console.kit.listing import listing_of, query_without
from console.kit.requests import ConsoleRequest
from invitations import actions
from invitations.models import InviteLink

ORDERS = {
    "name": ["name", "id"],
    "created": ["created_at", "id"],
    "people": ["used", "id"],
}
LIST = "console/invite_links/index.html"
PAGE = "console/invite_links/show.html"


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every link; the address keeps search, state and order."""
    filters = LinksFilter(request.GET)
    found = filters.apply(InviteLink.objects.with_state())
    listing = listing_of(rows_of(found), request, orders=ORDERS, default="-created")
    tabs = tabs_of(request, filters)
    context = {
        "filters": filters,
        "listing": listing,
        "tabs": tabs,
        "found": next(tab.count for tab in tabs if tab.is_current),
    }
    if request.htmx.target != "results":
        return render(request, LIST, context)
    return push_url(render(request, f"{LIST}#results", context), f"?{query_without(request)}")


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    form = LinkForm(posted(request))
    if form.is_valid():
        try:
            link = actions.create_link(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            text = _("The link %(name)s is on. Copy its address and hand it out.")
            messages.success(request, text % {"name": link.name})
            return redirect("console:invite-link-detail", link.public_id)
    back = way_back(request, otherwise=reverse("console:invite-link-list"))
    return show_form(request, "console/invite_links/form.html", form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """How a link stands, what it gives, and who came through it."""
    link = _found(public_id)
    return render(request, PAGE, facts_of(link))


@administrators_only(methods=["POST"])
def reveal(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The page with the address on it. POST, because the journal notes who asked."""
    link = _found(public_id)
    address = actions.reveal_address(link=link, by=request.user)
    return render(request, PAGE, facts_of(_found(public_id)) | {"address": address})


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    link = _found(public_id)
    form = LinkForm(posted(request), link=link)
    if form.is_valid():
        try:
            link = actions.edit_link(link=link, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The link %(name)s was saved.") % {"name": link.name})
            return redirect(_address(link))
    return show_form(
        request, "console/invite_links/form.html", form=form, back=_address(link), link=link
    )


@administrators_only(methods=["POST"])
def turn_on(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Harmless and undoable, so it asks nothing."""
    link = actions.turn_on_link(link=_found(public_id), by=request.user)
    text = _("The link %(name)s is on. Letters through it go out in the name of %(sender)s.")
    messages.success(request, text % {"name": link.name, "sender": link.sender_name})
    return redirect(way_back(request, otherwise=_address(link)))


@administrators_only
def turn_off(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Felt by others, so it says by whom."""
    link = _found(public_id)
    back = way_back(request, otherwise=_address(link))
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.turn_off_link(link=link, by=request.user)
        text = _("The link %(name)s is off. Turn it on to undo this.")
        messages.success(request, text % {"name": link.name})
        return redirect(back)
    operation = ConfirmDialog(
        title=_("Turn %(name)s off?") % {"name": link.name},
        submit=_("Turn link off"),
        is_danger=True,
        crumbs=_crumbs(link),
        effects=effects_of_turning_off(link),
    )
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only
def renew(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """A new address, for when the old one went too far."""
    link = _found(public_id)
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.renew_address(link=link, by=request.user)
        text = _("The link %(name)s has a new address. The old one has stopped working.")
        messages.success(request, text % {"name": link.name})
        return redirect(_address(link))
    operation = ConfirmDialog(
        title=_("Give %(name)s a new address?") % {"name": link.name},
        lead=_("This cannot be undone. Roles, places and people stay as they are."),
        submit=_("Make new address"),
        is_danger=True,
        crumbs=_crumbs(link),
        effects=effects_of_renewing(link),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(link))


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    link = _found(public_id)
    form = TypedNameForm(posted(request), name=link.name)
    if form.is_valid():
        revoked = actions.delete_link(link=link, by=request.user)
        messages.success(request, _deleted(link, revoked))
        return redirect("console:invite-link-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % {"name": link.name},
        lead=_("This cannot be undone. Turning it off stops it and keeps everything."),
        submit=_("Delete link"),
        is_danger=True,
        crumbs=_crumbs(link),
        effects=effects_of_deleting(link),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(link))


def _found(public_id: UUID) -> InviteLink:
    links = InviteLink.objects.with_state().select_related("package")
    return get_object_or_404(links, public_id=public_id)


def _address(link: InviteLink) -> str:
    return reverse("console:invite-link-detail", args=[link.public_id])


def _crumbs(link: InviteLink) -> list[tuple[str, str]]:
    return [
        (reverse("console:invitation-list"), _("Invitations")),
        (reverse("console:invite-link-list"), _("Invite links")),
        (_address(link), link.name),
    ]


def _deleted(link: InviteLink, revoked: int) -> str:
    text = _("The link %(name)s was deleted.") % {"name": link.name}
    if not revoked:
        return text
    more = ngettext(
        "%(count)d invitation sent through it was revoked.",
        "%(count)d invitations sent through it were revoked.",
        revoked,
    )
    return f"{text} {more % {'count': revoked}}"
