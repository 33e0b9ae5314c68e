"""Handing a link over by other means than the letter."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as people
from audit.models import Event
from invitations import actions
from tests.factories import AdministratorFactory, InvitationFactory

pytestmark = pytest.mark.django_db


def test_reveal_link_gives_the_full_address_and_notes_who_asked(ada, settings):
    settings.PUBLIC_URL = "https://apis.example"
    invitation = InvitationFactory(sender=ada)

    link = actions.reveal_link(invitation=invitation, by=ada)

    assert link == f"https://apis.example/invitations/{actions.token_of(invitation)}/"
    event = Event.objects.get(action="invitation.link_copied")
    assert (event.actor_id, event.subject_id) == (ada.public_id, invitation.public_id)
    assert actions.token_of(invitation) not in str(event.data)


def test_reveal_link_refuses_what_would_open_nothing(ada):
    now = timezone.now()
    chen = AdministratorFactory()
    orphan = InvitationFactory(sender=chen)
    people.block_user(user=chen, by=ada)
    dead = [
        orphan,
        InvitationFactory(sender=ada, expires_at=now - timedelta(seconds=1)),
        InvitationFactory(sender=ada, revoked_at=now),
        InvitationFactory(sender=ada, declined_at=now),
        InvitationFactory(sender=ada, accepted_at=now),
    ]

    for invitation in dead:
        with pytest.raises(actions.InvitationNotUsable):
            actions.reveal_link(invitation=invitation, by=ada)
    assert not Event.objects.filter(action="invitation.link_copied").exists()
