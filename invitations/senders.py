"""Who may invite: what people are sent is only as good as whoever sent it."""

from django.db.models import Exists, OuterRef

from accounts.models import User


def sender_may_invite() -> Exists:
    """The row's ``sender`` is active and an administrator, at the moment of the statement."""
    return Exists(User.objects.administrators().filter(pk=OuterRef("sender")))
