"""What can be done with invitations, and with the shared links that people ask for them through."""

from invitations.actions.answering import (
    Accepted,
    accept_invitation,
    decline_invitation,
    note_opened,
)
from invitations.actions.joining import (
    InviteLinkClosed,
    InviteLinkNotUsable,
    MailDomainNotAllowed,
    check_mail_domain,
    request_invitation,
)
from invitations.actions.limits import (
    DailyLimitReached,
    InvitationNotUsable,
    ResentTooOften,
    left_today,
)
from invitations.actions.links import (
    LinkMakesNoAdministrators,
    QuotaBelowUsed,
    create_link,
    delete_link,
    edit_link,
    renew_address,
    reveal_address,
    token_of_link,
    turn_off_link,
    turn_on_link,
)
from invitations.actions.many import invite_many
from invitations.actions.reminding import remind_invited, tell_of_unused
from invitations.actions.sending import (
    AlreadyInvited,
    ItsLinkIsClosed,
    correct_address,
    invite_user,
    renew_signature,
    resend_invitation,
    reveal_link,
    revoke_invitation,
    token_of,
)

__all__ = [
    "Accepted",
    "AlreadyInvited",
    "DailyLimitReached",
    "InvitationNotUsable",
    "InviteLinkClosed",
    "InviteLinkNotUsable",
    "ItsLinkIsClosed",
    "LinkMakesNoAdministrators",
    "MailDomainNotAllowed",
    "QuotaBelowUsed",
    "ResentTooOften",
    "accept_invitation",
    "check_mail_domain",
    "correct_address",
    "create_link",
    "decline_invitation",
    "delete_link",
    "edit_link",
    "invite_many",
    "invite_user",
    "left_today",
    "note_opened",
    "remind_invited",
    "renew_address",
    "renew_signature",
    "request_invitation",
    "resend_invitation",
    "reveal_address",
    "reveal_link",
    "revoke_invitation",
    "tell_of_unused",
    "token_of",
    "token_of_link",
    "turn_off_link",
    "turn_on_link",
]
