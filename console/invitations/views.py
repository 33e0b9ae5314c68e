"""Invitations: send, watch, send again, withdraw."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import push_url

from accounts.actions import BulkResult, apply_to_each
from accounts.models import Role
from audit.models import Event
from base.doors import administrators_only
from console.activity.events import lines_of
from console.invitations.forms import (
    BulkForm,
    InvitationForm,
    InvitationsFilter,
    ResendForm,
    RevokeForm,
)
from console.invitations.timeline import fate_of, steps_of
from console.kit.dialogs import posted, sentence_of, show_form, way_back
from console.kit.listing import count_up_to_limit, counts_up_to_limit, listing_of, query_without
from console.kit.messages import tell_of_letters
from console.kit.requests import ConsoleRequest
from console.packages.page_data import gives
from invitations.access import key_counts
from invitations.actions import invite_user, resend_invitation, reveal_link, revoke_invitation
from invitations.models import Invitation, letters_with_link
from mail.models import Message
from mail.status import mail_status
from service.models import current_service

ORDERS = {
    "name": ["last_name", "first_name", "id"],
    "sent": ["sent_at", "id"],
    "ends": ["expires_at", "id"],
}
# A page stops asking for news of a letter after this; a retry may be hours away, and asking
# keeps the session from growing idle.
WATCH_LETTERS_FOR = timedelta(minutes=1)
EVENTS_SHOWN = 50
LIST = "console/invitations/index.html"
PAGE = "console/invitations/show.html"


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """The list; unless the address says otherwise, of those that wait for an answer."""
    filters = InvitationsFilter(request.GET)
    found = filters.apply(Invitation.objects.all())
    rows = (
        found.with_sender_check()
        .select_related("invite_link")
        .prefetch_related(Prefetch("roles", Role.objects.in_order()))
    )
    listing = listing_of(rows, request, orders=ORDERS, default="-sent")
    context = {
        "filters": filters,
        "listing": listing,
        "rows": rows_of(listing.page.rows),
        "found": count_up_to_limit(found),
        "tabs": _tabs(request, filters.wanted_state),
        "without_link": query_without(request, "cursor", "link"),
    }
    if request.htmx.target != "results":
        return render(request, LIST, context)
    return push_url(render(request, f"{LIST}#results", context), f"?{query_without(request)}")


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    """Invite user. Success leads to the invitation's own page, which follows its letter."""
    form = InvitationForm(
        posted(request),
        default_validity=current_service().invitation_validity,
        initial={"package": request.GET.get("package", "")},
    )
    if form.is_valid():
        try:
            invitation = invite_user(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return _created(request, invitation)
    back = way_back(request, otherwise=reverse("console:invitation-list"))
    return show_form(request, "console/invitations/create.html", form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """What happened to one invitation, and what can be done with it."""
    return render(request, PAGE, _page(_found(public_id)))


@administrators_only(methods=["GET"])
def letter(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The list's cell about the letter alone; cells of letters under way ask for it."""
    [row] = rows_of([_found(public_id)])
    return render(request, f"{LIST}#letter", {"row": row})


@administrators_only(methods=["POST"])
def reveal(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The page with the link on it, for handing it over by other means."""
    invitation = _found(public_id)
    try:
        link = reveal_link(invitation=invitation, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:invitation-detail", public_id)
    return render(request, PAGE, _page(_found(public_id)) | {"link": link})


@administrators_only
def resend(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Send a new link; the earlier one stops working."""
    invitation = _found(public_id)
    back = way_back(request, otherwise=_address(invitation))
    form = ResendForm(posted(request), default_validity=invitation.validity)
    if form.is_valid():
        try:
            invitation = resend_invitation(
                invitation=invitation, by=request.user, **form.cleaned_data
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            who = {"name": invitation.full_name, "email": invitation.email}
            tell_of_letters(
                request,
                leaves=_(
                    "A new link for %(name)s is on its way to %(email)s. The earlier one has stopped working."
                )
                % who,
                waits=_(
                    "%(name)s has a new link, and the earlier one has stopped working. The letter waits, because no mail leaves at the moment."
                )
                % who,
            )
            return redirect(back)
    return show_form(
        request, "console/invitations/resend.html", form=form, back=back, invitation=invitation
    )


@administrators_only
def revoke(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Withdraw the link."""
    invitation = _found(public_id)
    back = way_back(request, otherwise=_address(invitation))
    form = RevokeForm(posted(request))
    if form.is_valid():
        try:
            revoke_invitation(invitation=invitation, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _revoked(invitation))
            return redirect(back)
    return show_form(
        request, "console/invitations/revoke.html", form=form, back=back, invitation=invitation
    )


@administrators_only(methods=["POST"])
def bulk(request: ConsoleRequest) -> HttpResponse:
    """Send again or withdraw the ticked ones; withdrawing asks first."""
    back = way_back(request, otherwise=reverse("console:invitation-list"))
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Select at least one invitation."))
        return redirect(back)
    action, chosen = form.cleaned_data["action"], form.cleaned_data["selected"]
    if action == "revoke" and not form.cleaned_data["confirmed"]:
        context = {"form": form, "invitations": chosen, "back": back}
        return render(request, "console/invitations/revoke_many.html", context)
    operation = resend_invitation if action == "resend" else revoke_invitation
    result = apply_to_each(
        chosen, lambda invitation: operation(invitation=invitation, by=request.user)
    )
    _tell_result(request, action, result)
    return redirect(back)


def _created(request: ConsoleRequest, invitation: Invitation) -> HttpResponse:
    """The invitation's own page, or, where no letter leaves, its link to hand over."""
    if mail_status().is_working:
        return redirect("console:invitation-detail", invitation.public_id)
    link = reveal_link(invitation=invitation, by=request.user)
    context = {"invitation": invitation, "link": link}
    return render(request, "console/invitations/created.html", context)


def _tabs(request: ConsoleRequest, current: str) -> list[dict[str, object]]:
    """Every state with its count, whatever else is searched for."""
    states = {state.value: state.label for state in Invitation.State} | {"all": _("All")}
    counts = counts_up_to_limit(
        all=Invitation.objects.all(),
        **{state.value: Invitation.objects.in_state(state) for state in Invitation.State},
    )
    return [
        {
            "label": label,
            "count": counts[state],
            "url": f"?{query_without(request, 'cursor', state=state)}",
            "is_current": state == current,
        }
        for state, label in states.items()
    ]


@dataclass(frozen=True)
class Row:
    """An invitation with its newest letter, whether news of that are near, and all the roles that
    the person will have.
    """

    invitation: Invitation
    letter: Message | None
    is_watched: bool
    roles: list[Role]

    @property
    def fate(self) -> str:
        return fate_of(self.letter) if self.letter else ""


def rows_of(invitations: Iterable[Invitation]) -> list[Row]:
    """What list and page show of each, in two queries."""
    shown = list(invitations)
    ids = [invitation.public_id for invitation in shown]
    letters = letters_with_link().latest_by_reference(ids)
    developers = Role.objects.developers()
    return [
        Row(
            invitation=invitation,
            letter=letters.get(invitation.public_id),
            is_watched=_is_watched(letters.get(invitation.public_id)),
            roles=[developers, *(role for role in invitation.roles.all() if role != developers)],
        )
        for invitation in shown
    ]


def _is_watched(letter: Message | None) -> bool:
    if letter is None:
        return False
    return letter.is_waiting and timezone.now() - letter.created_at < WATCH_LETTERS_FOR


def _found(public_id: UUID) -> Invitation:
    rows = Invitation.objects.with_sender_check()
    invitations = rows.select_related("user", "invite_link", "package").prefetch_related(
        Prefetch("roles", Role.objects.in_order())
    )
    return get_object_or_404(invitations, public_id=public_id)


def _page(invitation: Invitation) -> dict[str, object]:
    [row] = rows_of([invitation])
    events = Event.objects.filter(subject_id=invitation.public_id)[:EVENTS_SHOWN]
    return {
        "invitation": invitation,
        "is_dead": not key_counts(invitation),
        "gives": gives(invitation.package) if invitation.package else "",
        "row": row,
        "steps": steps_of(invitation, row.letter),
        "letters": Message.objects.about(invitation.public_id)[:EVENTS_SHOWN],
        "lines": lines_of(events, about=invitation.public_id),
    }


def _address(invitation: Invitation) -> str:
    return reverse("console:invitation-detail", args=[invitation.public_id])


def _revoked(invitation: Invitation) -> str:
    return _(
        "The invitation of %(name)s is revoked. Its link has stopped working; you can invite them again."
    ) % {"name": invitation.full_name}


def _tell_result(request: ConsoleRequest, action: str, result: BulkResult[Invitation]) -> None:
    count = len(result.done)
    if action == "resend":
        text = ngettext(
            "%(count)d invitation sent again.", "%(count)d invitations sent again.", count
        )
    else:
        text = ngettext("%(count)d invitation revoked.", "%(count)d invitations revoked.", count)
    parts = [text % {"count": count}] if count else []
    waits = bool(count) and action == "resend" and not mail_status().is_working
    if waits:
        parts.append(_("Their letters wait, because no mail leaves at the moment."))
    if result.skipped:
        skipped = len(result.skipped)
        names = "; ".join(f"{row.full_name}: {reason}" for row, reason in result.skipped)
        parts.append(
            ngettext("%(count)d skipped. %(names)s", "%(count)d skipped. %(names)s", skipped)
            % {"count": skipped, "names": names}
        )
    tell = messages.warning if result.skipped or waits else messages.success
    tell(request, " ".join(parts))
