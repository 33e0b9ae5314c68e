"""What the bearer of a token may see: the honest state of the invitation it belongs to."""

from dataclasses import dataclass
from enum import StrEnum

from base.tokens import is_well_formed, token_digest
from invitations.models import Invitation


class LinkState(StrEnum):
    """Why a link works or not; each has its own title, sentence and next step on the page."""

    OPEN = "open"
    USED = "used"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REPLACED = "replaced"
    # The sender was blocked, deleted or is no administrator any more.
    SENDER_GONE = "sender_gone"


@dataclass(frozen=True)
class Link:
    invitation: Invitation
    state: LinkState

    @property
    def can_be_renewed(self) -> bool:
        """A fresh letter to the same address would help."""
        return self.state in {LinkState.EXPIRED, LinkState.REPLACED}


_OF_STATE = {
    Invitation.State.ACCEPTED: LinkState.USED,
    Invitation.State.DECLINED: LinkState.DECLINED,
    Invitation.State.REVOKED: LinkState.REVOKED,
}


def find_link(token: str) -> Link | None:
    """The link a token belongs to, or None where it is nobody's. Reads only."""
    if not is_well_formed(token):
        return None
    digest = token_digest(token)
    invitation = Invitation.objects.select_related("sender").filter(digest=digest).first()
    replaced = False
    if invitation is None:
        replaced = True
        invitation = (
            Invitation.objects.select_related("sender")
            .filter(replaced_tokens__digest=digest)
            .first()
        )
    if invitation is None:
        return None
    return Link(invitation, _state_of(invitation, replaced=replaced))


def _state_of(invitation: Invitation, *, replaced: bool) -> LinkState:
    if invitation.state in _OF_STATE:
        return _OF_STATE[invitation.state]
    sender = invitation.sender
    if sender is None or not (sender.is_active and sender.is_administrator):
        return LinkState.SENDER_GONE
    if replaced:
        return LinkState.REPLACED
    return LinkState.OPEN if invitation.is_pending else LinkState.EXPIRED
