"""Starting, stopping and deleting an import; what happens in between is in ``imports.working``."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import RoleNotAssignable
from accounts.models import Role, User
from audit.journal import record
from base.authority import Permission, action
from imports.jobs import import_job
from imports.models import Import, Row
from invitations.models import MAX_VALIDITY, MIN_VALIDITY
from packages.actions import hold_package
from packages.models import Package


class CannotStart(ValidationError):
    """It runs already, or no row is ready."""

    def __init__(self) -> None:
        super().__init__(
            _("This import cannot be started: it runs already, or no row is ready."),
            code="cannot_start",
        )


class CannotDelete(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("Stop this import before you delete it."), code="cannot_delete")


@action(Permission.DEVELOPERS_MANAGE)
def start_import(
    *,
    import_: Import,
    by: User,
    roles: Iterable[Role] = (),
    package: Package | None = None,
    validity: timedelta | None = None,
    message: str = "",
    language: str = "en",
) -> Import:
    """Let the rows that are ready be done behind the page, in the name of ``by``.

    A finished or stopped one may be started again for rows that became ready since.
    Raises CannotStart, RoleNotAssignable, PackageGone, or ValidationError by field.
    """
    # Before the import's row, as deleting a package does.
    package = hold_package(package) if package else None
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if not import_.can_be_changed or not import_.rows.filter(state=Row.State.READY).exists():
        raise CannotStart
    if import_.invites and (validity is None or not MIN_VALIDITY <= validity <= MAX_VALIDITY):
        raise ValidationError({"validity": _("An invitation is valid for 1 hour to 90 days.")})
    given = list(roles)
    for role in given:
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    import_.package, import_.package_name = package, package.name if package else ""
    import_.validity = validity
    import_.message, import_.language = message.strip(), language
    import_.sender, import_.sender_name = by, by.full_name
    import_.clean_fields(exclude=["columns", "mapping", "sender", "package"])
    import_.set_to(Import.State.RUNNING)
    import_.started_at = import_.started_at or timezone.now()
    import_.finished_at, import_.problem = None, ""
    import_.save()
    import_.roles.set(given)
    record(
        "import.started",
        by=by,
        subject=import_,
        roles=sorted(role.name for role in given),
        package=import_.package_name,
        rows=import_.rows.filter(state=Row.State.READY).count(),
    )
    transaction.on_commit(import_job.wake)
    return import_


@action(Permission.DEVELOPERS_MANAGE)
def stop_import(*, import_: Import, by: User) -> Import:
    """Do no more rows; what is done stays done. Quiet where nothing is under way."""
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if import_.state != Import.State.RUNNING:
        return import_
    import_.set_to(Import.State.CANCELLED)
    import_.finished_at = timezone.now()
    import_.save()
    record("import.cancelled", by=by, subject=import_)
    return import_


@action(Permission.DEVELOPERS_MANAGE)
def delete_import(*, import_: Import, by: User) -> None:
    """Forget the file and its rows; invitations and users stay. Raises CannotDelete."""
    import_ = Import.objects.select_for_update().get(pk=import_.pk)
    if import_.state == Import.State.RUNNING:
        raise CannotDelete
    record("import.deleted", by=by, subject=import_)
    import_.delete()


@action(Permission.DEVELOPERS_MANAGE)
def record_report(*, import_: Import, by: User) -> None:
    """Note that somebody takes the report away; call it before the first line leaves."""
    record("import.exported", by=by, subject=import_)
