"""What became of a shared link that nobody can ask through, in words for whoever holds it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from invitations.link_access import JoinState


@dataclass(frozen=True)
class JoinEnd:
    title: Any
    sentence: Any


CLOSED = {
    JoinState.OFF: JoinEnd(
        _("This link is switched off."),
        _("Nobody can join through it now. Ask whoever gave it to you when it opens again."),
    ),
    JoinState.SENDER_GONE: JoinEnd(
        _("This link can no longer be used."),
        _("Whoever it comes from can no longer invite people here. Ask for a new one."),
    ),
    JoinState.ENDED: JoinEnd(
        _("This link has ended."),
        _("It worked for a time that is over. Ask whoever gave it to you for a new one."),
    ),
    JoinState.FULL: JoinEnd(
        _("All places are taken."),
        _(
            "As many people have joined through this link as it allows. Ask for a place, or for another link."
        ),
    ),
    JoinState.KEY_GONE: JoinEnd(
        _("This link is no longer valid."),
        _("Ask whoever gave it to you for its new address."),
    ),
    JoinState.REPLACED: JoinEnd(
        _("This link was replaced by a newer one."),
        _("Ask whoever gave it to you for its new address."),
    ),
}
