"""Joining through a shared link: a visitor leaves an address, and the answer goes there.

GET and HEAD change nothing. The page answers everybody alike, in words and in time: whether an
address is known is told to its mailbox alone.
"""

from allauth.core import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_from_request

from base.addresses import domain_of
from base.doors import open_to_all
from invitations.actions import InviteLinkNotUsable, request_invitation
from invitations.link_access import (
    JoinState,
    SharedLink,
    find_invite_link,
    products_given,
    roles_given,
)
from invitations.models import InviteLink
from portal.join.closed import CLOSED
from portal.join.forms import JoinForm
from portal.kit.private_links import private_link
from portal.kit.response_time import same_time_for_all


@open_to_all
@private_link
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for an invitation by mail."""
    found = find_invite_link(token)
    if found is None or found.state != JoinState.OPEN:
        return _closed(request, found)
    if request.user.is_authenticated:
        return _signed_in(request, token)
    if request.method != "POST":
        return _page(request, JoinForm(link=found.link), token)
    refused = ratelimit.consume_or_429(request, action="join")
    if refused:
        return refused
    form = JoinForm(request.POST, link=found.link)
    if not form.is_valid():
        return _page(request, form, token, status=422)
    return _ask(request, form, token)


@same_time_for_all()
def _ask(request: HttpRequest, form: JoinForm, token: str) -> HttpResponse:
    """Counted by address and by link too, whoever they are, so that no mailbox is filled this way."""
    address, link = form.cleaned_data["email"], form.link
    # Whatever stands behind a plus is mostly one and the same mailbox.
    mailbox = f"{address.partition('@')[0].partition('+')[0]}@{domain_of(address)}"
    if not ratelimit.consume(request, action="join_address", key=mailbox):
        return _page(request, form, token, status=429, too_many="address")
    if not ratelimit.consume(request, action="join_link", key=str(link.public_id)):
        return _page(request, form, token, status=429, too_many="link")
    language = get_language_from_request(request)
    try:
        request_invitation(link=link, language=language, **form.cleaned_data)
    except InviteLinkNotUsable:
        return _closed(request, find_invite_link(token))
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _page(request, form, token, status=422)
    context = {"email": address, "token": token, "mail_is_off": settings.MAIL_IS_OFF}
    return render(request, "portal/join/sent.html", context)


def _page(
    request: HttpRequest, form: JoinForm, token: str, *, status: int = 200, too_many: str = ""
) -> HttpResponse:
    link: InviteLink = form.link
    context = {
        "form": form,
        "link": link,
        "token": token,
        "roles": roles_given(link),
        "products": products_given(link),
        "too_many": too_many,
        "mail_is_off": settings.MAIL_IS_OFF,
    }
    return render(request, "portal/join/join.html", context, status=status)


def _closed(request: HttpRequest, found: SharedLink | None) -> HttpResponse:
    """What became of the link, and the one next step."""
    if found is None:
        return render(request, "portal/join/unknown.html", status=404)
    context = {"link": found.link, "end": CLOSED.get(found.state, CLOSED[JoinState.OFF])}
    return render(request, "portal/join/closed.html", context, status=410)


def _signed_in(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody who has an account is asked what they mean; nothing happens by itself."""
    status = 409 if request.method == "POST" else 200
    return render(request, "portal/join/signed_in.html", {"token": token}, status=status)
