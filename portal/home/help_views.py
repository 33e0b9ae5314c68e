from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base.doors import open_to_all


@open_to_all(methods=["GET"])
def show(request: HttpRequest) -> HttpResponse:
    """What the portal is, whom to ask, which keys help."""
    return render(request, "portal/home/help.html")
