"""Noting who takes lists away."""

from accounts.models import User
from audit.journal import record
from base.authority import Permission, action


@action(Permission.SUBSCRIPTIONS_MANAGE)
def record_subscription_export(*, filters: dict[str, str], count: int, by: User) -> None:
    """Note an export of subscriptions; call it before the first line leaves.

    ``count`` is exact up to where the list stops counting.
    """
    record("subscriptions.exported", by=by, subject=by, filters=filters, count=count)
