"""Forms whose token does not fit any more; the pages of other errors are in base.errors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from base.doors import ask_to_sign_in
from base.errors import error_page
from invitations.access import find_link

OUT_OF_DATE = (
    _("This form is out of date"),
    _(
        "You signed in or out in another tab since it was opened. Nothing was done. "
        "Go back, reload the page and try again."
    ),
)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often a tab left open over a sign-out."""
    if not request.user.is_authenticated and _wants_a_session(request):
        return ask_to_sign_in(request)
    if _sends_acceptance_again(request):
        return redirect("portal:home")
    # Without an origin the form behind this page would be refused again.
    return error_page(request, 403, words=OUT_OF_DATE, headers={"Referrer-Policy": "strict-origin"})


def _wants_a_session(request: HttpRequest) -> bool:
    """The session ended while the form was open; who it was has to be asked again anyway."""
    match = request.resolver_match
    return match is not None and (
        getattr(match.func, "door", None) != "open" or match.view_name == "account_logout"
    )


def _sends_acceptance_again(request: HttpRequest) -> bool:
    """The first page of an account, reloaded: its form is from before the person was signed in."""
    match = request.resolver_match
    if match is None or match.view_name != "portal:invitation-accept":
        return False
    link = find_link(match.kwargs["token"])
    return link is not None and link.made(request.user)
