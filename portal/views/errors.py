"""Pages for requests that went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from invitations.access import find_link


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often a tab left open over a sign-out."""
    if _sends_acceptance_again(request):
        return redirect("portal:home")
    response = render(request, "403_csrf.html", status=403)
    # The address may hold a link's secret, and no view was there to say so.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _sends_acceptance_again(request: HttpRequest) -> bool:
    """The first page of an account, reloaded: its form is from before the person was signed in."""
    match = request.resolver_match
    if match is None or match.view_name != "portal:invitation":
        return False
    link = find_link(match.kwargs["token"])
    return link is not None and link.made(request.user)
