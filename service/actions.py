"""Operations on the service's own settings."""

from collections.abc import Mapping
from typing import Any

from audit.changes import changes_of
from audit.journal import record
from base.addresses import canonical_address
from base.authority import Actor, Permission, action
from base.names import clean_title
from service.models import Service


@action(Permission.SETTINGS_MANAGE)
def edit_service(
    *,
    by: Actor | None,
    name: str | None = None,
    support_address: str | None = None,
    invitation_days: int | None = None,
    explain_refusals: bool | None = None,
    reminder_days: list[int] | None = None,
    tell_unused: bool | None = None,
    invitations_per_day: int | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Service:
    """Change the settings; quiet when nothing differs. None leaves one as it is.

    Raises EditConflict, and ValidationError for a name with a link in it, a malformed address, days outside 1-90, or
    reminders that ``check_reminder_days`` refuses.
    """
    Service.objects.get_or_create(pk=1)
    service = Service.objects.select_for_update().get(pk=1)
    wanted = {
        "name": clean_title(name) if name is not None else None,
        "support_address": canonical_address(support_address)
        if support_address
        else support_address,
        "invitation_days": invitation_days,
        "explain_refusals": explain_refusals,
        "reminder_days": reminder_days,
        "tell_unused": tell_unused,
        "invitations_per_day": invitations_per_day,
    }
    changes = changes_of(service, wanted, seen=seen, by=by)
    if not changes:
        return service
    for field, (_former, value) in changes.items():
        setattr(service, field, value)
    service.full_clean(validate_constraints=True)
    service.save()
    record("service.edited", by=by, subject=service, changes=changes)
    return service
