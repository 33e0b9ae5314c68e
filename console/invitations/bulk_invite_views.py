"""Invite several: paste addresses, see what each is, send the good ones and keep the rest."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.doors import LONG_TEXT, administrators_only
from console.invitations.bulk_invite import Several, several_of
from console.invitations.bulk_invite_form import LONGEST_LIST, SeveralForm
from console.kit.dialogs import posted, way_back
from console.kit.requests import ConsoleRequest
from invitations.actions import invite_many
from invitations.models import Invitation
from mail.status import mail_status
from service.models import current_service

PAGE = "console/invitations/several.html"


@administrators_only(body=LONG_TEXT)
def several(request: ConsoleRequest) -> HttpResponse:
    """The page. Sending takes the good ones; the rest stay in the box with their reason."""
    form = SeveralForm(posted(request), default_validity=current_service().invitation_validity)
    found = _found(request)
    if not form.is_valid() or not _can_be_sent(form, found):
        return _show(request, form, found, status=422 if form.is_bound else 200)
    people = [chip.person for chip in found.new]
    for_all = {name: value for name, value in form.cleaned_data.items() if name != "people"}
    try:
        outcomes = invite_many(people=people, by=request.user, **for_all)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _show(request, form, found, status=422)
    rest = found.left_over(outcomes)
    _tell(request, sent=sum(isinstance(each, Invitation) for each in outcomes), rest=rest)
    if not rest.chips:
        return redirect(way_back(request, otherwise=reverse("console:invitation-list")))
    return _show(request, form, rest, status=422, text=rest.text)


@administrators_only(methods=["POST"], body=LONG_TEXT)
def check(request: ConsoleRequest) -> HttpResponse:
    """The chips alone, or the page without script; changes nothing.

    ``remove`` is the number of a chip that the person takes out of the list.
    """
    form = SeveralForm(request.POST, default_validity=current_service().invitation_validity)
    found = _found(request)
    removed = request.POST.get("remove", "")
    if not removed.isdecimal() or len(removed) > 6 or found.is_too_long:
        return _show(request, form, found)
    found = found.without(int(removed))
    return _show(request, form, found, text=found.text, removed=int(removed))


def _found(request: ConsoleRequest) -> Several:
    """A longer list than the box takes is too long, not cut: the last address would be another's."""
    text = request.POST.get("people", "")
    found = several_of(text[:LONGEST_LIST])
    return replace(found, is_too_long=True) if len(text) > LONGEST_LIST else found


def _can_be_sent(form: SeveralForm, found: Several) -> bool:
    if found.is_too_long:
        form.add_error("people", _("These are more than 500 addresses. Import them from a file."))
    elif not found.new:
        form.add_error("people", _("None of these can be invited."))
    return form.is_valid()


def _show(
    request: ConsoleRequest,
    form: SeveralForm,
    found: Several,
    *,
    status: int = 200,
    text: str | None = None,
    **context: object,
) -> HttpResponse:
    """``text`` is what stands in the box then, where it is not what was posted."""
    if text is not None:
        data = request.POST.copy()
        data["people"] = text
        form.data = data
    context |= {
        "form": form,
        "found": found,
        "box_is_new": text is not None,
        "back": way_back(request, otherwise=reverse("console:invitation-list")),
    }
    template = f"{PAGE}#answer" if request.htmx else PAGE
    return render(request, template, context, status=status)


def _tell(request: ConsoleRequest, *, sent: int, rest: Several) -> None:
    works = mail_status().is_working
    text = (
        ngettext(
            "%(sent)d invitation is on its way.", "%(sent)d invitations are on their way.", sent
        )
        if works
        else ngettext(
            "%(sent)d invitation is made; its letter waits.",
            "%(sent)d invitations are made; their letters wait.",
            sent,
        )
    )
    parts = [text % {"sent": sent}]
    if rest.chips:
        stay = ngettext(
            "%(count)d address stays in the box, with the reason below.",
            "%(count)d addresses stay in the box, with the reasons below.",
            len(rest.chips),
        )
        parts.append(stay % {"count": len(rest.chips)})
    tell = messages.success if works and not rest.chips else messages.warning
    tell(request, " ".join(parts))
