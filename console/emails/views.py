"""The outbox: every letter and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import push_url

from accounts.actions import BulkResult, apply_to_each
from audit.models import Event
from base.doors import administrators_only
from console.activity.events import lines_of
from console.activity.subjects import pages_of_references
from console.emails.forms import GROUPS, MailBulkForm, MailFilter
from console.kit.dialogs import sentence_of, way_back
from console.kit.listing import Count, counts_up_to_limit, listing_of, query_without
from console.kit.messages import tell_of_letters
from console.kit.requests import ConsoleRequest
from mail.actions import cancel_letter, send_all_again, send_letter_again
from mail.letters import title_of
from mail.models import Message
from mail.status import mail_status

EVENTS_SHOWN = 30
LIST = "console/emails/index.html"
ORDERS = {"written": ["id"], "to": ["to", "id"]}


@dataclass(frozen=True)
class Row:
    """A letter, what it is called, and the page of what it is about (empty once that is gone)."""

    letter: Message
    title: str
    url: str


@dataclass(frozen=True)
class Tab:
    words: str
    url: str
    count: Count
    is_current: bool


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every letter, the newest first; the address keeps search, state, kind and whose they are."""
    filters = MailFilter(request.GET)
    listing = listing_of(
        filters.apply(Message.objects.all()), request, orders=ORDERS, default="-written"
    )
    tabs = _tabs(request, filters)
    context = {
        "filters": filters,
        "listing": listing,
        "rows": rows_of(listing.page.rows),
        "tabs": tabs,
        "found": next(tab.count for tab in tabs if tab.is_current),
        "oldest": Message.objects.oldest_due(),
        "without_developer": query_without(request, "cursor", "developer"),
    }
    if request.htmx.target != "results":
        return render(request, LIST, context)
    return push_url(render(request, f"{LIST}#results", context), f"?{query_without(request)}")


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """One letter: where it stands, what the mail server and the provider said."""
    [row] = rows_of([_found(public_id)])
    context = {
        "row": row,
        "reports": row.letter.reports.all(),
        "lines": lines_of(
            Event.objects.filter(subject_id=public_id)[:EVENTS_SHOWN], about=public_id
        ),
    }
    return render(request, "console/emails/show.html", context)


@administrators_only(methods=["POST"])
def send(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Let it leave now."""
    letter = _found(public_id)
    try:
        send_letter_again(message=letter, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        to = {"to": letter.to}
        tell_of_letters(
            request,
            leaves=_("The letter to %(to)s is on its way again.") % to,
            waits=_("The letter to %(to)s waits, because no mail leaves at the moment.") % to,
        )
    return redirect(way_back(request, otherwise=_address(letter)))


@administrators_only(methods=["POST"])
def cancel(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Stop it; it can be sent all the same later."""
    letter = _found(public_id)
    try:
        cancel_letter(message=letter, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request,
            _("The letter to %(to)s is stopped. You can send it again.") % {"to": letter.to},
        )
    return redirect(way_back(request, otherwise=_address(letter)))


@administrators_only(methods=["POST"])
def bulk(request: ConsoleRequest) -> HttpResponse:
    """Send or stop the ticked ones; what cannot be is reported with its reason."""
    back = way_back(request, otherwise=reverse("console:email-list"))
    form = MailBulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Select at least one letter."))
        return redirect(back)
    operation = send_letter_again if form.cleaned_data["action"] == "send" else cancel_letter
    result = apply_to_each(
        form.cleaned_data["selected"],
        lambda letter: operation(message=letter, by=request.user),
    )
    _tell_result(request, form.cleaned_data["action"], result)
    return redirect(back)


@administrators_only(methods=["POST"])
def send_all(request: ConsoleRequest, state: str) -> HttpResponse:
    """Everything that was held, or that failed."""
    try:
        count = send_all_again(state=state, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        tell_of_letters(request, leaves=_leaving(count), waits=_waiting(count))
    return redirect("console:email-list")


def rows_of(letters: Iterable[Message]) -> list[Row]:
    """What the list shows of each; one query for each kind of thing that letters are about."""
    shown = list(letters)
    pages = pages_of_references(letter.reference for letter in shown)
    return [Row(letter, title_of(letter.kind), pages.get(letter.reference, "")) for letter in shown]


def _tabs(request: ConsoleRequest, filters: MailFilter) -> list[Tab]:
    """All, then one for each state; one statement."""
    every = filters.apply(Message.objects.all(), state=False)
    counts = counts_up_to_limit(
        every=every, **{str(state): every.in_group(state) for state, _words in GROUPS}
    )
    chosen = filters.cleaned_data.get("state") or ""
    query = query_without(request, "cursor", "state")
    tabs = [Tab(_("All"), f"?{query}", counts["every"], chosen == "")]
    for state, words in GROUPS:
        url = f"?{query_without(request, 'cursor', state=str(state))}"
        tabs.append(Tab(str(words), url, counts[str(state)], chosen == state))
    return tabs


def _found(public_id: UUID) -> Message:
    return get_object_or_404(Message, public_id=public_id)


def _address(letter: Message) -> str:
    return reverse("console:email-detail", args=[letter.public_id])


def _leaving(count: int) -> str:
    return ngettext(
        "%(count)d letter is on its way.", "%(count)d letters are on their way.", count
    ) % {"count": count}


def _waiting(count: int) -> str:
    return ngettext(
        "%(count)d letter waits, because no mail leaves at the moment.",
        "%(count)d letters wait, because no mail leaves at the moment.",
        count,
    ) % {"count": count}


def _tell_result(request: ConsoleRequest, action: str, result: BulkResult[Message]) -> None:
    count = len(result.done)
    if action == "send":
        text = _leaving(count) if mail_status().is_working else _waiting(count)
    else:
        text = ngettext("%(count)d letter stopped.", "%(count)d letters stopped.", count) % {
            "count": count
        }
    parts = [text] if count else []
    if result.skipped:
        reasons = "; ".join(f"{letter.to}: {reason}" for letter, reason in result.skipped)
        parts.append(_("Skipped: %(reasons)s") % {"reasons": reasons})
    tell = messages.warning if result.skipped else messages.success
    tell(request, " ".join(parts))
