"""The first page of the console."""

from django.http import HttpResponse
from django.shortcuts import render

from audit.models import Event
from base.doors import administrators_only
from console.activity.views import entries_of
from console.kit.requests import ConsoleRequest
from console.overview.page_data import Overview

EVENTS_SHOWN = 10


@administrators_only(methods=["GET"])
def overview(request: ConsoleRequest) -> HttpResponse:
    """How the service stands, and what needs doing."""
    state = Overview()
    if state.is_first_run:
        return render(request, "console/overview/first_run.html")
    context = {
        "counts": state.counts,
        "tasks": state.tasks(),
        "chart": state.growth(),
        "failed_letters": state.failed_letters(),
        "entries": entries_of(Event.objects.all()[:EVENTS_SHOWN]),
    }
    return render(request, "console/overview/overview.html", context)
