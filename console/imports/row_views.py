"""The rows of an import: mend, leave out, take in again, take away as a file."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.csv import csv_response
from base.doors import administrators_only
from console.imports.forms import MendForm, RowsForm
from console.imports.page_data import REPORT_COLUMNS, field_to_mend, report_of
from console.kit.dialogs import posted, sentence_of, show_form, way_back
from console.kit.requests import ConsoleRequest
from imports import actions
from imports.models import Import, Row


@administrators_only
def mend(request: ConsoleRequest, public_id: UUID, number: int) -> HttpResponse:
    """Type what the row should say. What is wrong with it then stands in the dialog."""
    row = get_object_or_404(
        Row.objects.select_related("part_of"), part_of__public_id=public_id, number=number
    )
    typed = {name: getattr(row, name) for name in ["email", "first_name", "last_name"]}
    form = MendForm(posted(request), initial=typed)
    back = way_back(request, otherwise=_address(public_id))
    if form.is_valid():
        try:
            row = actions.mend_row(row=row, by=request.user, **form.edits)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            if not row.problem:
                return redirect(back)
            form.show_saved({name: getattr(row, name) for name in typed})
            form.add_error(field_to_mend(row), row.problem)
    return show_form(request, "console/imports/row.html", form=form, back=back, row=row)


@administrators_only(methods=["POST"])
def bulk(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Leave the ticked rows out, or take them in again."""
    import_ = get_object_or_404(Import, public_id=public_id)
    back = way_back(request, otherwise=_address(public_id))
    form = RowsForm(request.POST)
    if not form.is_valid() or not form.numbers():
        messages.error(request, _("Select at least one row."))
        return redirect(back)
    drops = form.cleaned_data["action"] == "drop"
    operation = actions.drop_rows if drops else actions.restore_rows
    try:
        count = operation(import_=import_, numbers=form.numbers(), by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _left_out(count) if drops else _taken_in(count))
    return redirect(back)


@administrators_only(methods=["POST"])
def problems(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Leave every row out that cannot be done as it stands."""
    import_ = get_object_or_404(Import, public_id=public_id)
    try:
        count = actions.drop_problems(import_=import_, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _left_out(count))
    return redirect(_address(public_id))


@administrators_only(methods=["POST"])
def check(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Ask once more what would become of each row."""
    import_ = get_object_or_404(Import, public_id=public_id)
    try:
        actions.check_again(import_=import_)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(_address(public_id))


@administrators_only(methods=["GET"])
def report(request: ConsoleRequest, public_id: UUID) -> StreamingHttpResponse:
    """Every row with what became of it, as CSV."""
    import_ = get_object_or_404(Import, public_id=public_id)
    actions.record_report(import_=import_, by=request.user)
    name = f"import-{import_.created_at:%Y-%m-%d}-{import_.public_id.hex[:8]}.csv"
    return csv_response(name=name, header=REPORT_COLUMNS, rows=report_of(import_))


def _address(public_id: UUID) -> str:
    return reverse("console:import-detail", args=[public_id])


def _left_out(count: int) -> str:
    text = ngettext("%(count)d row is left out.", "%(count)d rows are left out.", count)
    return text % {"count": count}


def _taken_in(count: int) -> str:
    text = ngettext("%(count)d row was checked again.", "%(count)d rows were checked again.", count)
    return text % {"count": count}
