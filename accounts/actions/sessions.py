"""Operations on sessions."""

from accounts.models import Session, User
from audit.journal import record
from base.authority import Permission, action


@action(Permission.DEVELOPERS_MANAGE, or_owner="user")
def end_sessions(*, user: User, by: User | None, keep: Session | None = None) -> int:
    """Sign a person out everywhere, except from ``keep``; returns how many sessions ended.

    Quiet (and unrecorded) when there were none.
    """
    sessions = Session.objects.filter(user=user)
    if keep is not None:
        sessions = sessions.exclude(pk=keep.pk)
    ended, _by_model = sessions.delete()
    if ended:
        record("user.sessions_ended", by=by, subject=user, count=ended)
    return ended


@action(Permission.DEVELOPERS_MANAGE, or_owner="session.user_id")
def end_session(*, session: Session, by: User | None) -> None:
    """End one session. Quiet for one that is gone already."""
    ended, _by_model = Session.objects.filter(pk=session.pk).delete()
    if ended and session.user:
        record("user.sessions_ended", by=by, subject=session.user, count=1)
