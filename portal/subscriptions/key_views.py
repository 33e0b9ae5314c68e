"""Making and changing keys. Each POST answers with the plain keys; nothing can show them again."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from base.doors import recent_password_required, signed_in_only
from catalog import actions
from catalog.models import Subscription
from portal.kit.first_calls import first_call_of
from portal.kit.permitted import key_or_404, subscription_or_404
from portal.kit.requests import SignedInRequest
from portal.subscriptions.forms import RegenerateForm


@signed_in_only(methods=["POST"])
def issue(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The keys that a subscription lacks: after an approval, or added by an administrator."""
    subscription = subscription_or_404(request.user, public_id)
    try:
        issued = actions.issue_missing_keys(subscription=subscription, by=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("portal:subscription-list")
    if not issued:
        messages.warning(
            request, _("Both keys are there, and were shown when they were made. Lost? Regenerate.")
        )
        return redirect("portal:subscription-list")
    return _shown(request, subscription, issued)


@signed_in_only
@recent_password_required
def regenerate(request: SignedInRequest, public_id: UUID, key_id: UUID) -> HttpResponse:
    """The address names the key to replace, so that a form sent twice replaces once."""
    key = key_or_404(request.user, public_id, key_id)
    form = RegenerateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            issued = actions.regenerate_key(key=key, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _shown(request, key.subscription, issued)
    context = {"form": form, "key": key, "subscription": key.subscription}
    status = 422 if form.is_bound else 200
    return render(request, "portal/subscriptions/regenerate.html", context, status=status)


@signed_in_only
def end(request: SignedInRequest, public_id: UUID, key_id: UUID) -> HttpResponse:
    """Refuse a key from the next call on, for one that leaked or whose overlap is not needed.

    The page asks, because nothing brings it back; POST does it.
    """
    key = key_or_404(request.user, public_id, key_id)
    if request.method != "POST":
        return render(request, "portal/subscriptions/end_key.html", {"key": key})
    actions.end_key(key=key, by=request.user)
    messages.success(request, _("The key %(key)s has ended.") % {"key": key.masked})
    return redirect("portal:subscription-list")


def _shown(
    request: SignedInRequest, subscription: Subscription, issued: list[actions.IssuedKey]
) -> HttpResponse:
    context = {
        "subscription": subscription,
        "issued": issued,
        "first_call": first_call_of(subscription.product),
    }
    return render(request, "portal/subscriptions/new_keys.html", context)
