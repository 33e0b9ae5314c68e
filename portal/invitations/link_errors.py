"""What became of an invitation whose link no longer works, in words, each with one next step."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from invitations.access import Link, LinkState


class Step(StrEnum):
    SIGN_IN = "sign in"
    RENEW = "renew"
    ASK = "ask"


@dataclass(frozen=True)
class DeadEnd:
    title: Any
    sentence: Any
    step: Step
    # Whom it is for and who invited: not for a bearer who was never meant to have the letter.
    is_silent: bool = False

    @property
    def can_be_renewed(self) -> bool:
        return self.step == Step.RENEW


ADDRESS_TAKEN = DeadEnd(
    _("There is an account for this address already."),
    _("Sign in with its password, or choose a new one if it is forgotten."),
    Step.SIGN_IN,
)
GONE = DeadEnd(
    _("This invitation can no longer be used."),
    _("Whoever sent it can no longer invite people here. Ask for a new invitation."),
    Step.ASK,
)
DEAD_ENDS = {
    LinkState.USED: DeadEnd(
        _("This invitation was already used."),
        _("The account is there: sign in with the password chosen then."),
        Step.SIGN_IN,
    ),
    LinkState.EXPIRED: DeadEnd(
        _("This invitation has expired."),
        _("A fresh letter with a new link can go to the same address."),
        Step.RENEW,
    ),
    LinkState.REPLACED: DeadEnd(
        _("This link was replaced by a newer one."),
        _("Open the newest letter. If it cannot be found, a fresh one can be sent."),
        Step.RENEW,
    ),
    LinkState.KEY_GONE: DeadEnd(
        _("This link is no longer valid."),
        _("A fresh letter with a new link can go to the same address."),
        Step.RENEW,
    ),
    LinkState.REVOKED: DeadEnd(
        _("This invitation was withdrawn."),
        _("If you think that was a mistake, ask whoever invited you."),
        Step.ASK,
    ),
    LinkState.MISSENT: DeadEnd(
        _("This invitation was withdrawn."),
        _("If you think that was a mistake, ask whoever invited you."),
        Step.ASK,
        is_silent=True,
    ),
    LinkState.DECLINED: DeadEnd(
        _("This invitation was declined."),
        _("If you changed your mind, ask for a new one."),
        Step.ASK,
    ),
    LinkState.SENDER_GONE: GONE,
    LinkState.LINK_OFF: DeadEnd(
        _("The link you came through was switched off."),
        _(
            "If it is switched on again, this invitation works again. Ask whoever gave you the link."
        ),
        Step.ASK,
    ),
    LinkState.LINK_ENDED: DeadEnd(
        _("This link no longer works."),
        _(
            "No fresh letter can be sent: the link you came through takes nobody new. If there is a newer letter, open that one, or ask whoever gave you the link."
        ),
        Step.ASK,
    ),
    LinkState.LINK_FULL: DeadEnd(
        _("All places are taken."),
        _(
            "As many people have joined through the link you used as it allows. Ask whoever gave it to you for a place."
        ),
        Step.ASK,
    ),
}


def dead_end_of(link: Link) -> DeadEnd | None:
    """None while the link works. An address that has an account meanwhile needs no invitation."""
    # Whoever has a letter that was not meant for them learns nothing about the address.
    over = {LinkState.USED, LinkState.DECLINED, LinkState.REVOKED, LinkState.MISSENT}
    if link.state not in over and User.objects.by_address(link.invitation.email):
        return ADDRESS_TAKEN
    return DEAD_ENDS.get(link.state)
