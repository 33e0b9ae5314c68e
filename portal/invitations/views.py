"""Answering an invitation by the link from its letter.

GET and HEAD change nothing, however often a mail scanner fetches the page; the first GET leaves a
moment behind for whoever invited, and that is all. The token stays in the
address, so that one address serves people and scripts alike; nothing else may learn it
(``private_link``), and the pages load nothing from elsewhere.
"""

import logging
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from base.doors import open_to_all
from invitations.access import Link, find_link
from invitations.actions import (
    Accepted,
    InvitationNotUsable,
    ResentTooOften,
    accept_invitation,
    decline_invitation,
    note_opened,
    resend_invitation,
)
from invitations.models import Invitation
from portal.invitations.first_page import cards_of, given_by
from portal.invitations.forms import AcceptForm
from portal.invitations.link_errors import GONE, dead_end_of
from portal.kit.private_links import private_link

logger = logging.getLogger(__name__)


@open_to_all
@private_link
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password, become a user, be signed in."""
    link = find_link(token)
    if link is None:
        return _unknown(request)
    refused = _refusal(request, link, token)
    if refused:
        return refused
    invitation = link.invitation
    products = given_by(invitation)
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        initial={"first_name": invitation.first_name, "last_name": invitation.last_name},
        email=invitation.email,
        products=products,
    )
    if form.is_valid():
        try:
            accepted = accept_invitation(invitation=invitation, **form.cleaned_data)
        except InvitationNotUsable:
            return _dead(request, find_link(token), token)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _signed_in(request, accepted)
    if request.method == "GET":
        _note_opened(invitation)
    form.ask_password_again()
    context = {"form": form, "invitation": invitation, "products": products, "token": token}
    status = 422 if form.is_bound else 200
    return render(request, "portal/invitations/accept.html", context, status=status)


@open_to_all
@private_link
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Say no: a page that asks, and a POST that answers."""
    link = find_link(token)
    if link is None:
        return _unknown(request)
    refused = _refusal(request, link, token)
    if refused:
        return refused
    context = {"invitation": link.invitation, "token": token}
    if request.method != "POST":
        return render(request, "portal/invitations/decline.html", context)
    try:
        decline_invitation(invitation=link.invitation)
    except InvitationNotUsable:
        return _dead(request, find_link(token), token)
    return render(request, "portal/invitations/declined.html", context)


@open_to_all(methods=["POST"])
@private_link
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """A fresh letter to the same address, for whoever holds an expired or replaced link."""
    link = find_link(token)
    if link is None:
        return _unknown(request)
    end = dead_end_of(link)
    if end is None:
        return redirect("portal:invitation-accept", token=token)
    if not end.can_be_renewed:
        return _dead(request, link, token)
    return _send_fresh_letter(request, link, token)


def _send_fresh_letter(request: HttpRequest, link: Link, token: str) -> HttpResponse:
    invitation = link.invitation
    try:
        if _may_ask_again(request, invitation):
            resend_invitation(invitation=invitation, by=None)
            return render(request, "portal/invitations/renewed.html", {"invitation": invitation})
    except ResentTooOften:
        pass  # Said like the limits of asking: an administrator sent it so often.
    except InvitationNotUsable:
        return _dead(request, find_link(token), token)
    return _dead(request, link, token, status=429, too_many=True)


def _refusal(request: HttpRequest, link: Link, token: str) -> HttpResponse | None:
    """What is shown instead: a dead link, somebody else's browser, too many posts."""
    if link.made(request.user):
        # Reloaded, or the way back from the pages behind: nothing of this one can be shown again.
        return redirect("portal:home")
    if dead_end_of(link) is not None:
        return _dead(request, link, token)
    if request.user.is_authenticated:
        context = {"invitation": link.invitation, "token": token}
        status = 409 if request.method == "POST" else 200
        return render(request, "portal/invitations/wrong_session.html", context, status=status)
    return ratelimit.consume_or_429(request, action="invitation")


def _note_opened(invitation: Invitation) -> None:
    """Whatever goes wrong with it is no reason to show the person no page."""
    if invitation.opened_at is None:
        try:
            note_opened(invitation=invitation)
        except DatabaseError:
            logger.exception("That a link was opened could not be noted.")


def _may_ask_again(request: HttpRequest, invitation: Invitation) -> bool:
    """A few letters for each invitation, and a few for each address, whatever invitations it had."""
    limits = {"fresh_invitation": str(invitation.public_id), "fresh_letters_to": invitation.email}
    return all(ratelimit.consume(request, action=action, key=key) for action, key in limits.items())


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/invitations/unknown.html", status=404)


def _dead(
    request: HttpRequest, link: Link | None, token: str, *, status: int = 410, **context: Any
) -> HttpResponse:
    """What became of the invitation, and the one next step."""
    if link is None:
        return _unknown(request)
    context |= {"invitation": link.invitation, "end": dead_end_of(link) or GONE, "token": token}
    return render(request, "portal/invitations/link_error.html", context, status=status)


def _signed_in(request: HttpRequest, accepted: Accepted) -> HttpResponse:
    """allauth's own flow: a fresh session, the record of the password, the known device.

    With something from a package the answer is the first page itself: it shows the keys, and no
    later page can.
    """
    user = accepted.user
    login = Login(user=user, email=user.email, redirect_url=reverse("portal:home"))
    response = perform_password_login(request, {"email": user.email}, login)
    request.session.set_expiry(0)
    if accepted.grant is None or not accepted.grant.has_news:
        messages.success(
            request, _("Welcome, %(name)s. Your account is active.") % {"name": user.first_name}
        )
        return response
    context = {"grant": accepted.grant, "cards": cards_of(accepted.grant)}
    page = render(request, "portal/invitations/first_page.html", context)
    # The known device.
    page.cookies.update(response.cookies)
    return page
