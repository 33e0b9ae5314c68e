"""Probes for whoever keeps the processes running. They tell states, never names or addresses."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from apim import readiness
from base.doors import open_to_all


@open_to_all(methods=["GET"])
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anything else."""
    return HttpResponse("ok", content_type="text/plain")


@open_to_all(methods=["GET"])
def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can do everything that it is there for; else 503, and what is wrong."""
    states = readiness.states()
    is_ready = all(state == readiness.OK for state in states.values())
    response = JsonResponse({"ready": is_ready, **states}, status=200 if is_ready else 503)
    response.headers["Cache-Control"] = "no-store"
    return response
