"""A shared link with a past for the demo data (``apim.demo``): some joined, one has not answered."""

from datetime import datetime, timedelta

from accounts.models import Role, User
from base.tokens import new_nonce, token_digest
from invitations.actions import create_link, request_invitation, token_of
from invitations.models import Invitation, InviteLink

PLACES = 12


def load(nadia: User, people: list[User], roles: list[Role], now: datetime) -> None:
    link = create_link(
        name="Open day at the harbour",
        quota=PLACES,
        expires_at=now + timedelta(days=30),
        roles=[role for role in roles if role.name == "Sandbox"],
        by=nadia,
    )
    joined = sorted((one for one in people if one.is_active), key=lambda one: one.registered_at)
    for person in joined[-4:-1]:
        _came_through(link, person)
    InviteLink.objects.filter(pk=link.pk).update(used=3, created_at=now - timedelta(days=20))
    request_invitation(
        link=link, email="ines.rocha@openday.example", first_name="Inês", last_name="Rocha"
    )


def _came_through(link: InviteLink, person: User) -> None:
    asked_at = person.registered_at - timedelta(hours=2)
    invitation = Invitation(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        invite_link=link,
        sender=link.sender,
        sender_name=link.sender_name,
        validity=timedelta(days=7),
        created_at=asked_at,
        sent_at=asked_at,
        expires_at=asked_at + timedelta(days=7),
        accepted_at=person.registered_at,
        user=person,
        nonce=new_nonce(),
    )
    invitation.digest = token_digest(token_of(invitation))
    invitation.save()
