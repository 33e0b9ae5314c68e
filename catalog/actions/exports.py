"""Noting who takes lists away."""

from django.db import transaction

from accounts.models import User
from audit.journal import record


@transaction.atomic
def record_subscription_export(*, filters: dict[str, str], count: int, by: User) -> None:
    """Note an export of subscriptions; call it before the first line leaves.

    ``count`` is exact up to where the list stops counting.
    """
    record("subscriptions.exported", by=by, subject=by, filters=filters, count=count)
