"""Pages for requests that went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often a tab left open over a sign-out."""
    response = render(request, "403_csrf.html", status=403)
    # The address may hold a link's secret, and no view was there to say so.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
