"""What the invitation letter says; see ``mail.letters``."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from base.links import absolute_url
from invitations.actions import token_of
from invitations.models import Invitation
from mail.letters import Letter, register
from mail.models import Message
from service.models import current_service


def build_invitation(message: Message) -> dict[str, Any] | None:
    """Unwanted once the invitation is answered, revoked, expired, or its sender may not invite."""
    wanted = Invitation.objects.pending().from_valid_senders()
    invitation = wanted.filter(public_id=message.reference).first()
    if invitation is None:
        return None
    return {
        "service": current_service(),
        "first_name": invitation.first_name,
        "email": invitation.email,
        "sender_name": invitation.sender_name,
        "personal_note": invitation.message,
        "link": absolute_url("portal:invitation", token=token_of(invitation)),
        "link_ends_at": invitation.expires_at,
    }


def register_all() -> None:
    """Make the letter of this room known."""
    register(
        Letter(
            kind="invitation",
            title=_("Invitation"),
            build=build_invitation,
            sample={
                "first_name": "Sofia",
                "email": "sofia.brandt@kelpworks.example",
                "sender_name": "Nadia Holm",
                "personal_note": "Welcome aboard, the sandbox is ready for you.",
                "link": "https://apis.example/invitations/3fa9/",
                "link_ends_at": None,
            },
        )
    )
