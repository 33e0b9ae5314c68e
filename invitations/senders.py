"""Who may invite: what people are sent is only as good as whoever sent it."""

from typing import Protocol

from django.db.models import Exists, OuterRef

from accounts.models import User


def sender_may_invite() -> Exists:
    """The row's ``sender`` is an active administrator and has been one ever since it was sent.

    At the moment of the statement. ``sender_epoch`` is the sender's ``authority_epoch`` at sending.
    """
    return Exists(
        User.objects.administrators().filter(
            pk=OuterRef("sender"), authority_epoch=OuterRef("sender_epoch")
        )
    )


def has_valid_sender(row: "SentBySomebody") -> bool:
    """As ``sender_may_invite``, of a row in hand."""
    sender = row.sender
    return (
        sender is not None
        and sender.is_active
        and sender.authority_epoch == row.sender_epoch
        and sender.is_administrator
    )


def assign_sender(row: "SentBySomebody", sender: User) -> None:
    """Make ``sender``, who holds authority in this transaction, the one it is sent by."""
    row.sender, row.sender_name = sender, sender.full_name
    # Read anew: the instance may be older than the last loss of authority.
    epochs = User.objects.filter(pk=sender.pk).values_list("authority_epoch", flat=True)
    row.sender_epoch = epochs.get()


class SentBySomebody(Protocol):
    """An invitation or a shared link."""

    sender: User | None
    sender_name: str
    sender_epoch: int
