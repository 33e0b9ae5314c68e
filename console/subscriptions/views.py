"""One subscription: its page, and an operation for each transition."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from audit.models import Event
from base.charts import Chart, bar_chart
from base.doors import administrators_only
from base.edit_form import EditForm
from catalog import actions
from catalog.models import Key, Subscription
from catalog.transitions import possible
from console.activity.events import lines_of
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, way_back
from console.kit.forms import ConfirmForm, TypedNameForm
from console.kit.requests import ConsoleRequest
from console.subscriptions.effects import effects_on_subscriptions
from console.subscriptions.forms import CommentForm, EndForm, RejectForm, RenameForm
from gateway.check.calls import Calls, calls_of_keys, daily_calls

EVENTS_SHOWN = 30


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    subscription = found(public_id)
    keys = list(subscription.keys.order_by("slot", "-pk"))
    calls = calls_of_keys(key.pk for key in keys)
    ids = [subscription.public_id, *(key.public_id for key in keys)]
    context = {
        "subscription": subscription,
        "possible": possible(subscription),
        "keys": [
            (key, calls.get(key.pk, Calls())) for key in keys if not key.is_replaced or key.is_live
        ],
        "lacks_keys": sum(not key.is_replaced for key in keys) < len(Key.Slot),
        "chart": _chart(subscription),
        "lines": lines_of(Event.objects.filter(Q(subject_id__in=ids))[:EVENTS_SHOWN]),
    }
    return render(request, "console/subscriptions/show.html", context)


@administrators_only
def approve(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        ConfirmForm,
        actions.approve_subscription,
        title=_("Approve %(name)s?"),
        lead=_("It becomes active; the developer gets a letter and makes its keys."),
        submit=_("Approve"),
        done=_("%(name)s was approved."),
    )


@administrators_only
def reject(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        RejectForm,
        actions.reject_subscription,
        title=_("Reject %(name)s?"),
        lead=_("The developer gets a letter with your reason."),
        submit=_("Reject"),
        done=_("%(name)s was rejected."),
        is_danger=True,
    )


@administrators_only
def suspend(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        CommentForm,
        actions.suspend_subscription,
        title=_("Suspend %(name)s?"),
        lead=_("Nothing is deleted: activating it gives the same keys back."),
        submit=_("Suspend"),
        done=_("%(name)s is suspended. Activate it to undo this."),
        is_danger=True,
        tells_effects=True,
    )


@administrators_only
def activate(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        EndForm,
        actions.activate_subscription,
        title=_("Activate %(name)s?"),
        lead=_("The keys it has work again, except those that expired."),
        submit=_("Activate"),
        done=_("%(name)s is active."),
    )


@administrators_only
def cancel(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        ConfirmForm,
        actions.cancel_subscription,
        title=_("Cancel %(name)s?"),
        lead=_("The developer gets a letter."),
        submit=_("Cancel subscription"),
        leave=_("Keep it"),
        done=_("%(name)s was cancelled."),
        is_danger=True,
        tells_effects=True,
    )


@administrators_only
def rename(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        RenameForm,
        actions.rename_subscription,
        title=_("Rename %(name)s"),
        submit=_("Save"),
        done=_("The subscription was renamed."),
    )


@administrators_only
def end(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    return _decide(
        request,
        public_id,
        EndForm,
        actions.set_subscription_end,
        title=_("When does %(name)s end?"),
        lead=_("From then on its keys are refused."),
        submit=_("Save"),
        done=_("The end of %(name)s was saved."),
    )


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """With its keys and counts; typed, because it cannot be undone."""
    subscription = found(public_id)
    form = TypedNameForm(posted(request), name=subscription.name)
    if form.is_valid():
        actions.delete_subscription(subscription=subscription, by=request.user)
        messages.success(request, _("%(name)s was deleted.") % {"name": subscription.name})
        return redirect("console:subscription-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s of %(person)s?")
        % {"name": subscription.name, "person": subscription.owner.full_name},
        lead=_("This cannot be undone. Cancelling keeps it and its history."),
        submit=_("Delete subscription"),
        is_danger=True,
        crumbs=crumbs(subscription),
        effects=effects_on_subscriptions([subscription]),
    )
    return show_confirm_dialog(request, operation, form=form, back=address_of(subscription))


def found(public_id: UUID) -> Subscription:
    rows = Subscription.objects.select_related("owner", "product")
    return get_object_or_404(rows, public_id=public_id)


def address_of(subscription: Subscription) -> str:
    return reverse("console:subscription-detail", args=[subscription.public_id])


def crumbs(subscription: Subscription) -> list[tuple[str, str]]:
    return [
        (reverse("console:subscription-list"), _("Subscriptions")),
        (address_of(subscription), subscription.name),
    ]


def _decide(
    request: ConsoleRequest,
    public_id: UUID,
    form_class: type[forms.Form],
    action: Callable[..., Subscription],
    *,
    title: str,
    submit: str,
    done: str,
    lead: str = "",
    leave: str = "",
    is_danger: bool = False,
    tells_effects: bool = False,
) -> HttpResponse:
    """The shape that all operations on a state share: look, decide, tell."""
    subscription = found(public_id)
    initial: dict[str, Any] = {"name": subscription.name, "ends_at": subscription.ends_at}
    form = form_class(posted(request), initial=initial)
    back = way_back(request, otherwise=address_of(subscription))
    name = {"name": subscription.name}
    if form.is_valid():
        try:
            values = form.edits if isinstance(form, EditForm) else form.cleaned_data
            action(subscription=subscription, by=request.user, **values)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, done % name)
            return redirect(back)
    of_whom = {"name": subscription.name, "person": subscription.owner.full_name}
    operation = ConfirmDialog(
        title=title % {"name": _("%(name)s of %(person)s") % of_whom},
        lead=lead,
        submit=submit,
        leave=leave,
        is_danger=is_danger,
        crumbs=crumbs(subscription),
        effects=effects_on_subscriptions([subscription]) if tells_effects else (),
    )
    return show_confirm_dialog(request, operation, form=form, back=back)


def _chart(subscription: Subscription) -> Chart:
    days = daily_calls(subscription)
    passed = number_format(sum(day.passed for day in days), force_grouping=True)
    refused = number_format(sum(day.refused for day in days), force_grouping=True)
    summary = _("%(passed)s passed, %(refused)s refused") % {"passed": passed, "refused": refused}
    points = [(date_format(day.day, "j M"), day.passed) for day in days]
    return bar_chart(_("Calls in %(count)d days") % {"count": len(days)}, points, summary=summary)
