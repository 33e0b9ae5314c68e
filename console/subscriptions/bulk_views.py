"""One transition of many subscriptions, with a result that says what was left out and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import BulkResult, apply_to_each
from base.doors import administrators_only
from catalog import actions
from catalog.models import Subscription
from catalog.transitions import Transition, possible
from console.kit.dialogs import way_back
from console.kit.listing import BULK_LIMIT
from console.kit.requests import ConsoleRequest
from console.subscriptions.effects import effects_on_subscriptions
from console.subscriptions.forms import BulkForm, SubscriptionsFilter

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Operation:
    """``done`` and ``submit`` take a number; without a ``lead`` nobody is asked first."""

    apply: Callable[..., object]
    done: Callable[[int], str]
    submit: Callable[[int], str] = str
    lead: Promise | str = ""
    takes_comment: bool = False
    stops_calls: bool = False


@administrators_only(methods=["POST"])
def bulk(request: ConsoleRequest) -> HttpResponse:
    """Activate the ticked ones; everything else asks first."""
    back = way_back(request, otherwise=reverse("console:subscription-list"))
    form, filters = BulkForm(request.POST), SubscriptionsFilter(request.POST)
    is_complete = form.is_valid()
    transition = form.cleaned_data.get("action")
    if not transition:
        messages.error(request, _("Choose what to do from the buttons above the list."))
        return redirect(back)
    if form.cleaned_data["everyone"] and not filters.is_valid():
        # What makes no sense narrows nothing: "all that match" would be all there are.
        messages.error(request, _("The filter of the list no longer fits. Look at the list again."))
        return redirect(back)
    chosen = form.subscriptions(filters).select_related("owner", "product").order_by("id")
    rows = list(chosen[: BULK_LIMIT + 1])
    refusal = _refusal(len(rows))
    if refusal:
        messages.error(request, refusal)
        return redirect(back)
    operation = OPERATIONS[transition]
    if operation.lead and not (is_complete and form.cleaned_data["confirmed"]):
        return _ask(request, form, operation, transition, rows, back=back)
    comment = {"comment": form.cleaned_data["comment"]} if operation.takes_comment else {}
    result = apply_to_each(
        rows, lambda row: operation.apply(subscription=row, by=request.user, **comment)
    )
    _tell(request, operation, result)
    return redirect(back)


def _refusal(count: int) -> str:
    if not count:
        return _("Select at least one subscription.")
    if count > BULK_LIMIT:
        return _("These are too many at once. Narrow the list to %(limit)s.") % {
            "limit": BULK_LIMIT
        }
    return ""


def _ask(
    request: ConsoleRequest,
    form: BulkForm,
    operation: Operation,
    transition: str,
    rows: list[Subscription],
    *,
    back: str,
) -> HttpResponse:
    """Exactly the rows named here are posted again, whatever the filter finds by then."""
    was_answered = bool(form.data.get("confirmed"))
    fitting = [row for row in rows if transition in possible(row)]
    context: dict[str, Any] = {
        # Unbound at first: the question is not a refusal.
        "form": form if was_answered else BulkForm(initial={"action": transition}),
        "transition": Transition(transition),
        "submit": operation.submit(len(fitting)),
        "lead": operation.lead,
        "takes_comment": operation.takes_comment,
        "effects": effects_on_subscriptions(fitting) if operation.stops_calls else [],
        "rows": rows,
        "named": fitting[:NAMES_SHOWN],
        "more": max(len(fitting) - NAMES_SHOWN, 0),
        "blocked_owners": sum(row.owner.is_blocked for row in fitting),
        "left_out": len(rows) - len(fitting),
        "is_danger": transition != Transition.APPROVE,
        "fitting": len(fitting),
        "back": back,
    }
    status = 422 if was_answered else 200
    return render(request, "console/subscriptions/bulk.html", context, status=status)


def _tell(request: ConsoleRequest, operation: Operation, result: BulkResult[Subscription]) -> None:
    parts = [operation.done(len(result.done))] if result.done else []
    if result.skipped:
        parts.append(_("%(count)d skipped.") % {"count": len(result.skipped)})
        parts += [
            f"{row.name}, {row.owner.full_name}: {reason}"
            for row, reason in result.skipped[:NAMES_SHOWN]
        ]
    if len(result.skipped) > NAMES_SHOWN:
        parts.append(_("And %(count)d more.") % {"count": len(result.skipped) - NAMES_SHOWN})
    tell = messages.warning if result.skipped else messages.success
    tell(request, " ".join(parts))


OPERATIONS: dict[str, Operation] = {
    Transition.APPROVE: Operation(
        apply=actions.approve_subscription,
        done=lambda count: (
            ngettext("%(count)d request approved.", "%(count)d requests approved.", count)
            % {"count": count}
        ),
        submit=lambda count: (
            ngettext("Approve %(count)d request", "Approve %(count)d requests", count)
            % {"count": count}
        ),
        lead=gettext_lazy("Each developer gets an email and can create keys."),
    ),
    Transition.REJECT: Operation(
        apply=actions.reject_subscription,
        done=lambda count: (
            ngettext("%(count)d request rejected.", "%(count)d requests rejected.", count)
            % {"count": count}
        ),
        submit=lambda count: (
            ngettext("Reject %(count)d request", "Reject %(count)d requests", count)
            % {"count": count}
        ),
        lead=gettext_lazy("Each developer gets an email with your reason."),
        takes_comment=True,
    ),
    Transition.SUSPEND: Operation(
        apply=actions.suspend_subscription,
        done=lambda count: (
            ngettext(
                "%(count)d subscription suspended.", "%(count)d subscriptions suspended.", count
            )
            % {"count": count}
        ),
        submit=lambda count: (
            ngettext("Suspend %(count)d subscription", "Suspend %(count)d subscriptions", count)
            % {"count": count}
        ),
        lead=gettext_lazy(
            "Nothing is deleted: activating them gives the same keys back. Each developer gets a letter."
        ),
        takes_comment=True,
        stops_calls=True,
    ),
    Transition.ACTIVATE: Operation(
        apply=actions.activate_subscription,
        done=lambda count: (
            ngettext(
                "%(count)d subscription activated.", "%(count)d subscriptions activated.", count
            )
            % {"count": count}
        ),
    ),
    Transition.CANCEL: Operation(
        apply=actions.cancel_subscription,
        done=lambda count: (
            ngettext(
                "%(count)d subscription cancelled.", "%(count)d subscriptions cancelled.", count
            )
            % {"count": count}
        ),
        submit=lambda count: (
            ngettext("Cancel %(count)d subscription", "Cancel %(count)d subscriptions", count)
            % {"count": count}
        ),
        lead=gettext_lazy("Each developer gets a letter. Activating gives the same keys back."),
        stops_calls=True,
    ),
}
