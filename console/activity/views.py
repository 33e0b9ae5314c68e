"""The journal: who did what and when, to read and to take away."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import push_url

from audit.journal import record_export
from audit.models import Event
from base.csv import csv_response
from base.doors import administrators_only
from console.activity.events import FIELD_NAMES, Line, lines_of, name_of, title_of
from console.activity.forms import ActivityFilter
from console.activity.subjects import addresses_of
from console.kit.listing import count_up_to_limit, listing_of, query_without
from console.kit.requests import ConsoleRequest
from console.kit.whole_keys import words_of

EXPORT_COLUMNS = [
    "id",
    "at",
    "action",
    "title",
    "actor_id",
    "actor",
    "subject_kind",
    "subject_id",
    "subject",
    "address",
    "reason",
    "data",
]
EXPORT_BATCH = 2000
# The nil UUID names nothing.
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Entry:
    """A line of the page: the sentence, where its people and things are, and the small print."""

    line: Line
    actor: str
    actor_url: str
    subject: str
    subject_url: str
    details: list[tuple[str, str]]


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    filters = ActivityFilter(request.GET)
    found = filters.apply(Event.objects.all())
    listing = listing_of(found, request, orders={"time": ["id"]}, default="-time")
    context = {
        "filters": filters,
        "listing": listing,
        "entries": entries_of(listing.page.rows),
        "found": count_up_to_limit(found),
    }
    template = "console/activity/index.html"
    status = 200 if filters.is_valid() else 422
    if request.htmx.target != "results":
        return render(request, template, context, status=status)
    results = render(request, f"{template}#results", context, status=status)
    return push_url(results, f"?{query_without(request)}")


@administrators_only(methods=["GET"])
def export(request: ConsoleRequest) -> HttpResponseBase:
    """What the filter finds, all pages, as CSV or JSON; that it was taken is part of the journal."""
    filters = ActivityFilter(request.GET)
    if not filters.is_valid():
        return redirect(f"{reverse('console:activity-list')}?{query_without(request, 'format')}")
    wants_json = request.GET.get("format") == "json"
    found = filters.apply(Event.objects.all())
    record_export(
        filters=words_of(filters), file_format="json" if wants_json else "csv", by=request.user
    )
    name = f"activity-{timezone.now():%Y-%m-%d}"
    if wants_json:
        return _json_response(f"{name}.json", found)
    rows = ([record[column] for column in EXPORT_COLUMNS] for record in _records(found))
    return csv_response(
        name=f"{name}.csv",
        header=EXPORT_COLUMNS,
        rows=([*row[:-1], json.dumps(row[-1], ensure_ascii=False)] for row in rows),
    )


def entries_of(events: Any) -> list[Entry]:
    """Events with the pages they lead to, at a constant number of queries."""
    pages = addresses_of(events)
    return [
        Entry(
            line=line,
            actor=name_of(line.event.actor_label) or _("The service"),
            actor_url=pages.get(line.event.actor_id or NOBODY, ""),
            subject=name_of(line.event.subject_label),
            subject_url=pages.get(line.event.subject_id or NOBODY, ""),
            details=_details(line.event),
        )
        for line in lines_of(events)
    ]


def _details(event: Event) -> list[tuple[str, str]]:
    """What the event noted besides, in words: each change as before and after."""
    details = []
    for name, value in event.data.items():
        if name == "changes" and isinstance(value, dict):
            details += [
                (str(FIELD_NAMES.get(field, field)), _change(pair)) for field, pair in value.items()
            ]
        elif value not in ("", [], {}, None):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            details.append((name.replace("_", " "), shown))
    return details


def _change(pair: Any) -> str:
    """Before and after; as it stands where another release noted it otherwise."""
    match pair:
        case [before, after]:
            return f"{before} → {after}"
        case _:
            return str(pair)


def _json_response(name: str, events: QuerySet[Event]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        _json_lines(events),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _json_lines(events: QuerySet[Event]) -> Iterator[str]:
    """One JSON list, one event a line, written as it is read."""
    before = "[\n"
    for record in _records(events):
        yield before + json.dumps(record, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _records(events: QuerySet[Event]) -> Iterator[dict[str, Any]]:
    """Newest first in keyset batches, so that no transaction stays open while a slow reader reads."""
    rest = events.order_by("-id")
    batch = list(rest[:EXPORT_BATCH])
    while batch:
        for event in batch:
            yield _record(event)
        batch = list(rest.filter(id__lt=batch[-1].id)[:EXPORT_BATCH])


def _record(event: Event) -> dict[str, Any]:
    return {
        "id": str(event.public_id),
        "at": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
        "action": event.action,
        "title": title_of(event.action),
        "actor_id": str(event.actor_id or ""),
        "actor": event.actor_label,
        "subject_kind": event.subject_kind,
        "subject_id": str(event.subject_id or ""),
        "subject": event.subject_label,
        "address": event.address or "",
        # Of a block, a rejection, a suspension.
        "reason": str(event.data.get("reason", "")),
        "data": event.data,
    }
