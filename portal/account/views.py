"""One's own details and sessions."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.models import Session
from accounts.user_agents import device_name
from base.doors import signed_in_only
from portal.account.forms import ProfileForm
from portal.kit.requests import SignedInRequest


@dataclass(frozen=True)
class OpenSession:
    session: Session
    device: str
    is_this_one: bool


@signed_in_only
def edit(request: SignedInRequest) -> HttpResponse:
    """Name, time zone and language of letters; the address is for administrators to change."""
    user = request.user
    names = ["first_name", "last_name", "time_zone", "language"]
    form = ProfileForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(user, name) for name in names},
    )
    if form.is_valid():
        try:
            actions.edit_user(user=user, by=user, **form.edits)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Your profile was saved."))
            return redirect("portal:profile-edit")
    context = {"form": form, "sessions": _open_sessions(request)}
    return render(
        request, "portal/account/profile.html", context, status=422 if form.is_bound else 200
    )


@signed_in_only(methods=["POST"])
def end_session(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Sign out one other browser."""
    session = get_object_or_404(Session.objects.open_of(request.user), public_id=public_id)
    if session.pk == _this_row(request).pk:
        return redirect("account_logout")
    actions.end_session(session=session, by=request.user)
    messages.success(request, _("The session was ended."))
    return redirect("portal:profile-edit")


@signed_in_only(methods=["POST"])
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = request.user
    ended = actions.end_sessions(user=user, by=user, keep=_this_row(request))
    text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended)
    messages.success(request, text % {"count": ended})
    return redirect("portal:profile-edit")


def _open_sessions(request: SignedInRequest) -> list[OpenSession]:
    here = _this_row(request).pk
    return [
        OpenSession(session, device_name(session.user_agent), session.pk == here)
        for session in Session.objects.open_of(request.user)
    ]


def _this_row(request: SignedInRequest) -> Session:
    row = request.session.row
    assert row is not None  # The door let in a session that was read from a row.  # noqa: S101
    return row
