"""Choosing a password by a link from a letter.

Ours rather than allauth's: theirs keeps the token in the session, where a copy of the database
would show it, and changes the password without a lock.
"""

from uuid import UUID

from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import actions, devices, password_links
from accounts.adapter import Adapter
from accounts.models import User
from base.doors import open_to_all
from portal.account.forms import ChoosePasswordForm
from portal.kit.private_links import private_link

# Takes the token's place in the address once the session knows the link.
IN_SESSION = "choose"
SESSION_KEY = "password_link_nonce"


@open_to_all
@private_link
def choose(request: HttpRequest, uidb36: str, key: str) -> HttpResponse:
    """Ask for the new password at an address without the token; GET spends nothing."""
    if key != IN_SESSION:
        return _take_token(request, uidb36, key)
    nonce = request.session.get(SESSION_KEY, "")
    user = password_links.owner_by_nonce(UUID(uidb36), nonce=nonce)
    if user is None:
        return _dead(request)
    form = ChoosePasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = actions.use_password_link(user=user, nonce=nonce, **form.cleaned_data)
        except actions.PasswordLinkNotUsable:
            return _dead(request)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _done(request, user)
    context = {"form": form, "email": user.email}
    return render(
        request,
        "account/password_reset_from_key.html",
        context,
        status=422 if form.is_bound else 200,
    )


def _take_token(request: HttpRequest, uidb36: str, token: str) -> HttpResponse:
    """Out of the address and the browser's history, into the session as the link's nonce."""
    refused = ratelimit.consume_or_429(request, action="reset_password_from_key")
    if refused:
        return refused
    user = password_links.owner_of(UUID(uidb36), token=token)
    if user is None:
        return _dead(request)
    request.session[SESSION_KEY] = user.password_link_nonce
    return redirect("account_reset_password_from_key", uidb36=uidb36, key=IN_SESSION)


def _dead(request: HttpRequest) -> HttpResponse:
    """Used, replaced, over or made up: nobody can tell, and the next step is the same."""
    request.session.pop(SESSION_KEY, None)
    return render(request, "account/password_link_dead.html", status=404)


def _done(request: HttpRequest, user: User) -> HttpResponse:
    """Not signed in: the new password is asked for once. But let in past any guesser."""
    request.session.pop(SESSION_KEY, None)
    if request.user == user:
        # This browser's session is among those that ended; nothing may save it again.
        request.session.flush()
    Adapter(request).forget_attempts(request, user)
    response = redirect("account_reset_password_from_key_done")
    devices.remember(request, response, user)
    return response
