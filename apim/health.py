"""Probes for whoever keeps the processes running. They tell states, never names or addresses."""

from django.db import Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from base.doors import open_to_all


@open_to_all
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anything else."""
    return HttpResponse("ok", content_type="text/plain")


@open_to_all
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Each database answers: 200, else 503 with the alias of the one that does not."""
    states = {alias: _answers(alias) for alias in connections}
    return JsonResponse(states, status=200 if all(states.values()) else 503)


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
