"""The service's own settings."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from base.doors import administrators_only
from console.kit.dialogs import posted
from console.kit.requests import ConsoleRequest
from console.settings.forms import SettingsForm
from console.settings.secret_keys import open_links, stored_secrets
from service.actions import edit_service
from service.models import current_service

FIELDS = [
    *["name", "support_address", "invitation_days", "invitations_per_day", "reminder_days"],
    *["tell_unused", "explain_refusals"],
]


@administrators_only
def edit(request: ConsoleRequest) -> HttpResponse:
    """What administrators decide, and beside it what the environment has decided."""
    service = current_service()
    initial = {name: getattr(service, name) for name in FIELDS}
    form = SettingsForm(posted(request), initial=initial)
    if form.is_valid():
        try:
            edit_service(**form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The settings were saved. They hold from now on."))
            return redirect("console:settings-edit")
    context = {
        "form": form,
        "public_url": settings.PUBLIC_URL,
        "mail_from": settings.DEFAULT_FROM_EMAIL,
        "background": settings.BACKGROUND,
        "password_min_length": settings.PASSWORD_MIN_LENGTH,
    }
    status = 422 if form.is_bound else 200
    return render(request, "console/settings/edit.html", context, status=status)


@administrators_only
def secrets(request: ConsoleRequest) -> HttpResponse:
    """What stands under which server key: whether an earlier one can be dropped."""
    context = {"stored_secrets": stored_secrets(), "open_links": open_links()}
    return render(request, "console/settings/secrets.html", context)
