"""What the letters about invitations say; see ``mail.letters``."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts.letters import facts_of as facts_of_user
from accounts.models import User
from base.links import absolute_url
from base.names import without_links
from invitations.actions import renew_signature, token_of
from invitations.models import Invitation
from mail.letters import Letter, register
from mail.models import Message
from mail.templatetags.letters import moment
from service.models import current_service


def build_invitation(message: Message) -> dict[str, Any] | None:
    """Unwanted once the invitation is answered, revoked, expired, its sender may not invite, or the
    shared link it came through is off or full.

    Also for an address that was corrected meanwhile: the letter would carry the new link to it.
    """
    wanted = Invitation.objects.pending().from_valid_senders().admitted()
    invitation = wanted.filter(public_id=message.reference, email=message.to).first()
    # Somebody who has an account by now would be told so by the link.
    if invitation is None or User.objects.filter(email=message.to).exists():
        return None
    invitation = renew_signature(invitation=invitation)
    return _facts(invitation) | {
        "link": absolute_url("portal:invitation-accept", token=token_of(invitation)),
    }


def _facts(invitation: Invitation) -> dict[str, Any]:
    return {
        "service": current_service(),
        "first_name": invitation.first_name,
        "email": invitation.email,
        "sender_name": invitation.sender_name,
        "personal_note": invitation.message,
        "sent_at": invitation.sent_at,
        "was_asked_for": invitation.invite_link_id is not None,
        "link_ends_at": invitation.expires_at,
    }


def facts_of(address: str) -> dict[str, Any] | None:
    """Of the newest invitation to this address, whatever became of it, without its link."""
    invitation = Invitation.objects.filter(email=address).order_by("-pk").first()
    return facts_of_user(address) if invitation is None else _facts(invitation)


def build_unused(message: Message) -> dict[str, Any] | None:
    """Unwanted by somebody who may no longer invite, and once all of them were sent again or revoked."""
    reader = User.objects.administrators().filter(public_id=message.reference).first()
    named, count = message.data["named"], message.data["count"]
    still = Invitation.objects.expired().filter(public_id__in=named)
    invitations = list(still.order_by("expires_at", "pk"))
    if reader is None or (count == len(named) and not invitations):
        return None
    return {
        "service": current_service(),
        "first_name": reader.first_name,
        "email": reader.email,
        "time_zone": reader.zone,
        "count": count - len(named) + len(invitations),
        "are_several": count - len(named) + len(invitations) > 1,
        "others": count - len(named),
        "people": lazy(_listed, str)(invitations),
        "page_url": f"{absolute_url('console:invitation-list')}?state=expired",
    }


def _listed(invitations: Iterable[Invitation]) -> str:
    """A line for each; read in the language and time zone of the reader."""
    return "\n".join(
        f"{without_links(one.full_name)} <{one.email}>, {moment(one.expires_at)}"
        for one in invitations
    )


_VARIABLES: dict[str, Any] = {
    "first_name": _("The first name of the invited person"),
    "email": _("The address that was invited"),
    "sender_name": _("The administrator who invited"),
    "personal_note": _("What the administrator wrote to this person, or nothing"),
    "was_asked_for": _("Only for conditions: whether it came through an invite link"),
    "sent_at": _("The day and time at which the link was sent"),
    "link": _("The secret link with which they accept or decline"),
    "link_ends_at": _("The day and time at which the link stops working"),
}
_SAMPLE = {
    "first_name": "Sofia",
    "email": "sofia.brandt@kelpworks.example",
    "sender_name": "Nadia Holm",
    "personal_note": "Welcome aboard, the sandbox is ready for you.",
    "was_asked_for": False,
    "sent_at": timedelta(days=-2),
    "link": "https://apis.example/invitations/3fa9/",
    "link_ends_at": timedelta(days=5),
}


def register_all() -> None:
    """Make the letters of this room known."""
    for kind, title in [
        ("invitation", _("Invitation")),
        ("invitation_reminder", _("Reminder of an invitation")),
    ]:
        register(
            Letter(
                kind=kind,
                title=title,
                build=build_invitation,
                sample=_SAMPLE,
                variables=_VARIABLES,
                facts_of=facts_of,
            )
        )
    register(
        Letter(
            kind="invitations_unused",
            title=_("Invitations that ended unused"),
            build=build_unused,
            sample={
                "first_name": "Nadia",
                "email": "nadia.holm@harbour.example",
                "count": 23,
                "are_several": True,
                "others": 21,
                "people": (
                    "Sofia Brandt <sofia.brandt@kelpworks.example>, 23 November 2026 at 9:05 UTC\n"
                    "Omar Clarke <omar.clarke@quarry.example>, 23 November 2026 at 11:40 UTC"
                ),
                "page_url": "https://apis.example/console/invitations/?state=expired",
            },
            variables={
                "first_name": _("The first name of the administrator"),
                "email": _("The address of the administrator"),
                "count": _("How many invitations ended"),
                "are_several": _("Only for conditions: whether it is more than one"),
                "people": _("The invited people and when their links ended, one on each line"),
                "others": _("How many more there are than the letter names, or nothing"),
                "page_url": _("The address of the list of expired invitations"),
            },
            facts_of=facts_of_user,
        )
    )
