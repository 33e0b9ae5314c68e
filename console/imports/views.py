"""Imports: a file, its columns, the run."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh, push_url

from base.doors import MB, administrators_only
from console.imports.forms import ColumnsForm, RowsFilter, UploadForm
from console.imports.page_data import (
    outcomes_of,
    progress_of,
    result_of,
    sample_of,
    tabs_of,
    unused_columns,
    verb_for,
)
from console.invitations.fields_for_all import ForAllForm
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, show_form, way_back
from console.kit.forms import ConfirmForm
from console.kit.listing import count_up_to_limit, listing_of, query_without
from console.kit.requests import ConsoleRequest
from imports import actions
from imports.models import Import, Row
from service.models import current_service

ORDERS = {"newest": ["created_at", "id"], "line": ["number"]}
LIST = "console/imports/index.html"
PAGE = "console/imports/show.html"


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every file that was uploaded, the newest first."""
    found = Import.objects.all()
    listing = listing_of(found, request, orders=ORDERS, default="-newest")
    return render(request, LIST, {"listing": listing, "found": count_up_to_limit(found)})


@administrators_only(body=11 * MB)
def create(request: ConsoleRequest) -> HttpResponse:
    """Upload a file; its columns are chosen next."""
    kind = request.GET.get("kind", Import.Kind.INVITE)
    form = UploadForm(posted(request), request.FILES or None, initial={"kind": kind})
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            import_ = actions.upload_file(
                file=chosen["file"].file,
                file_name=chosen["file"].name,
                kind=chosen["kind"],
                by=request.user,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:import-columns", import_.public_id)
    back = way_back(request, otherwise=reverse("console:import-list"))
    return show_form(request, "console/imports/create.html", form=form, back=back)


@administrators_only
def columns(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Which column holds what; then every row is checked."""
    import_ = _found(public_id)
    if not import_.columns_can_be_chosen:
        return redirect("console:import-detail", public_id)
    form = ColumnsForm(posted(request), import_=import_)
    if form.is_valid():
        try:
            actions.choose_columns(
                import_=import_, mapping=form.cleaned_data, seen=form.seen or None, by=request.user
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:import-detail", public_id)
    context = {
        "import": import_,
        "sample": sample_of(import_),
        "unused": unused_columns(import_, [field.value() for field in form]),
    }
    back = reverse("console:import-list")
    return show_form(request, "console/imports/columns.html", form=form, back=back, **context)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Each row with its result, and what can be done next."""
    import_ = _found(public_id)
    if import_.state == Import.State.MAPPING:
        return redirect("console:import-columns", public_id)
    filters = RowsFilter(request.GET)
    rows = filters.apply(import_.rows.all())
    counts = import_.counts()
    listing = listing_of(rows, request, orders=ORDERS, default="line")
    context = {
        "import": import_,
        "filters": filters,
        "listing": listing,
        "outcomes": outcomes_of(listing.page.rows),
        "found": count_up_to_limit(rows),
        "counts": counts,
        "tabs": tabs_of(request, filters, counts),
        "progress": progress_of(import_, counts),
        "verb": verb_for(import_, counts[Row.State.READY]),
        "result": result_of(import_, counts),
    }
    if request.htmx.target != "results":
        return render(request, PAGE, context)
    return push_url(render(request, f"{PAGE}#results", context), f"?{query_without(request)}")


@administrators_only(methods=["GET"])
def progress(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """How far it is; a page that watches is loaded anew at the end, and asks no more."""
    import_ = _found(public_id)
    if not import_.is_at_work:
        return (
            HttpResponseClientRefresh()
            if request.htmx
            else redirect("console:import-detail", public_id)
        )
    context = {"import": import_, "progress": progress_of(import_, import_.counts())}
    return render(request, f"{PAGE}#progress", context)


@administrators_only
def start(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """What holds for all; then the rows that are ready are done behind the page."""
    import_ = _found(public_id)
    validity = import_.validity or current_service().invitation_validity
    form = ForAllForm(
        posted(request),
        default_validity=validity if import_.invites else None,
        # Started once, it goes on as it was begun unless somebody says otherwise.
        initial=_begun_with(import_) if import_.was_started else None,
    )
    if form.is_valid():
        try:
            actions.start_import(import_=import_, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:import-detail", public_id)
    counts = import_.counts()
    context = {
        "import": import_,
        "package_is_gone": bool(import_.package_name) and import_.package is None,
        "counts": counts,
        "verb": verb_for(import_, counts[Row.State.READY]),
        "unused": unused_columns(import_, import_.mapping.values()),
    }
    back = _address(import_)
    return show_form(request, "console/imports/start.html", form=form, back=back, **context)


@administrators_only
def stop(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Do no more rows."""
    import_ = _found(public_id)
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.stop_import(import_=import_, by=request.user)
        return redirect("console:import-detail", public_id)
    operation = ConfirmDialog(
        title=_("Stop %(name)s?") % {"name": import_.file_name},
        submit=_("Stop import"),
        crumbs=_crumbs(import_),
        effects=[
            ("check-circle", _("What is done stays done.")),
            ("play", _("It can be started again and goes on with the rest.")),
        ],
        is_danger=True,
    )
    return show_confirm_dialog(
        request, operation, form=form, back=_address(import_), **{"import": import_}
    )


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Forget the file; who was invited or added by it stays."""
    import_ = _found(public_id)
    form = ConfirmForm(posted(request))
    if form.is_valid():
        try:
            actions.delete_import(import_=import_, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            text = _("%(name)s and its rows are deleted.") % {"name": import_.file_name}
            messages.success(request, text)
            return redirect("console:import-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % {"name": import_.file_name},
        submit=_("Delete import"),
        crumbs=_crumbs(import_),
        effects=[
            ("trash", _("The rows of the file and the report are gone for good.")),
            ("check-circle", _("Invitations and developers that came of it stay.")),
        ],
        is_danger=True,
    )
    return show_confirm_dialog(
        request, operation, form=form, back=_address(import_), **{"import": import_}
    )


def _begun_with(import_: Import) -> dict[str, Any]:
    return {
        "roles": list(import_.roles.all()),
        "package": import_.package,
        "message": import_.message,
        "language": import_.language,
    }


def _found(public_id: UUID) -> Import:
    return get_object_or_404(Import, public_id=public_id)


def _address(import_: Import) -> str:
    return reverse("console:import-detail", args=[import_.public_id])


def _crumbs(import_: Import) -> list[tuple[str, str]]:
    return [
        (reverse("console:import-list"), _("Imports")),
        (_address(import_), import_.file_name),
    ]
