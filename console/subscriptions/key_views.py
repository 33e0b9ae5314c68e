"""Operations on the keys of a subscription. New keys are in the answer to the POST and nowhere else."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from base.changes import EditConflict
from base.doors import administrators_only, recent_password_required
from catalog import actions
from catalog.models import Key, Subscription
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, sentence_of, way_back
from console.kit.forms import ConfirmForm
from console.kit.requests import ConsoleRequest
from console.subscriptions.forms import ExpiryForm, ImportForm, RegenerateForm
from console.subscriptions.views import address_of, crumbs, found


@administrators_only(methods=["POST"])
@recent_password_required
def issue(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """For a service account whose owner cannot sign in; usually the owner makes them."""
    subscription = found(public_id)
    try:
        issued = actions.issue_missing_keys(subscription=subscription, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect(address_of(subscription))
    return _shown(request, subscription, issued)


@administrators_only
@recent_password_required
def regenerate(request: ConsoleRequest, public_id: UUID, key_id: UUID) -> HttpResponse:
    """A page, not a dialog: its answer is the page that shows the key."""
    key = _key(public_id, key_id)
    form = RegenerateForm(posted(request))
    if form.is_valid():
        try:
            issued = actions.regenerate_key(key=key, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _shown(request, key.subscription, issued)
    operation = ConfirmDialog(
        title=_("Regenerate %(key)s?") % {"key": key.masked},
        lead=_("You will see the new key and have to hand it over. Usually its owner does this."),
        submit=_("Regenerate key"),
        is_danger=True,
        crumbs=crumbs(key.subscription),
        why_not=sentence_of(actions.KeyAlreadyReplaced()) if key.is_replaced else "",
    )
    return show_confirm_dialog(request, operation, form=form, back=address_of(key.subscription))


@administrators_only
def end(request: ConsoleRequest, public_id: UUID, key_id: UUID) -> HttpResponse:
    key = _key(public_id, key_id)
    back = way_back(request, otherwise=address_of(key.subscription))
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.end_key(key=key, by=request.user)
        messages.success(request, _("The key %(key)s has ended.") % {"key": key.masked})
        return redirect(back)
    operation = ConfirmDialog(
        title=_("End the key %(key)s now?") % {"key": key.masked},
        lead=_("It is refused from the next call on, and cannot be brought back."),
        submit=_("End key"),
        is_danger=True,
        crumbs=crumbs(key.subscription),
    )
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only
def expiry(request: ConsoleRequest, public_id: UUID, key_id: UUID) -> HttpResponse:
    key = _key(public_id, key_id)
    back = way_back(request, otherwise=address_of(key.subscription))
    form = ExpiryForm(posted(request), initial={"ends_at": key.expires_at})
    if form.is_valid():
        try:
            actions.set_key_expiry(key=key, **form.edits, by=request.user)
        except EditConflict as refusal:
            form.add_error(None, refusal)
        except ValidationError as refusal:
            form.add_error("ends_at", refusal.messages)
        else:
            messages.success(request, _("The expiry was saved."))
            return redirect(back)
    operation = ConfirmDialog(
        title=_("When does %(key)s expire?") % {"key": key.masked},
        lead=_("Its owner gets letters 30 and 7 days before."),
        submit=_("Save"),
        crumbs=crumbs(key.subscription),
    )
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only
@recent_password_required
def import_key(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Take over a key that callers use already."""
    subscription = found(public_id)
    form = ImportForm(posted(request))
    if form.is_valid():
        try:
            key = actions.import_key(
                subscription=subscription, by=request.user, **form.cleaned_data
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The key %(key)s was imported.") % {"key": key.masked})
            return redirect(address_of(subscription))
    operation = ConfirmDialog(
        title=_("Import a key"),
        lead=_("Only its hash is kept, from the moment it arrives."),
        submit=_("Import"),
        crumbs=crumbs(subscription),
    )
    return show_confirm_dialog(request, operation, form=form, back=address_of(subscription))


def _key(public_id: UUID, key_id: UUID) -> Key:
    rows = Key.objects.select_related("subscription__owner", "subscription__product")
    return get_object_or_404(rows, subscription__public_id=public_id, public_id=key_id)


def _shown(
    request: ConsoleRequest, subscription: Subscription, issued: list[actions.IssuedKey]
) -> HttpResponse:
    context = {"subscription": subscription, "issued": issued}
    return render(request, "console/subscriptions/new_keys.html", context)
