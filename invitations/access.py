"""What the bearer of a token may see: the honest state of the invitation it belongs to."""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from base.tokens import is_well_formed, signing_key_of, token_digest
from invitations.models import PURPOSE, Invitation, InviteLink, ReplacedToken
from invitations.senders import has_valid_sender


class LinkState(StrEnum):
    """Why a link works or not; each has its own title, sentence and next step on the page."""

    OPEN = "open"
    USED = "used"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REPLACED = "replaced"
    # The key it was signed with counts no more (APIM_SECRET_KEY_FALLBACKS).
    KEY_GONE = "key_gone"
    # It went to an address that was corrected since: its bearer learns nothing of the right one.
    MISSENT = "missent"
    # The sender was blocked, deleted or demoted since.
    SENDER_GONE = "sender_gone"
    # The shared link it came through was switched off, or has no place left.
    LINK_OFF = "link_off"
    LINK_FULL = "link_full"
    # It has ended, or takes other addresses now: the letter is over and none follows.
    LINK_ENDED = "link_ended"


@dataclass(frozen=True)
class Link:
    invitation: Invitation
    state: LinkState

    @property
    def can_be_renewed(self) -> bool:
        """A fresh letter to the same address would help."""
        return self.state in {LinkState.EXPIRED, LinkState.REPLACED, LinkState.KEY_GONE}

    def made(self, user: User | AnonymousUser) -> bool:
        """The account of this person came from it."""
        return user.is_authenticated and self.invitation.user_id == user.pk


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
    invitations = Invitation.objects.select_related("sender", "invite_link")
    invitation = invitations.filter(digest=digest).first()
    if invitation is not None:
        return Link(invitation, _state_of(invitation, replaced=False))
    earlier = ReplacedToken.objects.filter(digest=digest).first()
    if earlier is None:
        return None
    invitation = invitations.get(pk=earlier.invitation_id)
    if earlier.address_corrected:
        return Link(invitation, LinkState.MISSENT)
    return Link(invitation, _state_of(invitation, replaced=True))


def _state_of(invitation: Invitation, *, replaced: bool) -> LinkState:
    if invitation.state in _OF_STATE:
        return _OF_STATE[invitation.state]
    if not has_valid_sender(invitation):
        return LinkState.SENDER_GONE
    state = LinkState.OPEN
    if replaced:
        state = LinkState.REPLACED
    elif not invitation.is_pending:
        state = LinkState.EXPIRED
    elif not key_counts(invitation):
        state = LinkState.KEY_GONE
    link = invitation.invite_link
    return state if link is None else _through(link, invitation.email, state)


def key_counts(invitation: Invitation) -> bool:
    """Whether the newest link was signed with a key that is still configured."""
    return bool(
        signing_key_of(
            purpose=PURPOSE,
            row_id=invitation.public_id,
            nonce=invitation.nonce,
            digest=invitation.digest,
        )
    )


def _through(link: InviteLink, address: str, state: LinkState) -> LinkState:
    """What the shared link makes of the state that the invitation has by itself."""
    if not link.is_on:
        return LinkState.LINK_OFF
    if link.is_full:
        return LinkState.LINK_FULL
    if state != LinkState.OPEN and not link.takes(address):
        return LinkState.LINK_ENDED
    return state
