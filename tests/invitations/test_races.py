"""The link pressed by many at once, on both databases."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts import actions as people
from accounts.models import User
from invitations import actions
from invitations.models import Invitation
from tests.factories import PASSWORD, AdministratorFactory, InvitationFactory
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def accept(invitation):
    stale = Invitation.objects.get(pk=invitation.pk)
    return lambda: actions.accept_invitation(
        invitation=stale, password=PASSWORD, first_name="Sofia", last_name="Brandt"
    )


def invite(by):
    return lambda: actions.invite_user(
        email="sofia@kelpworks.example",
        first_name="Sofia",
        last_name="Brandt",
        validity=timedelta(days=7),
        by=by,
    )


def test_twenty_acceptances_at_once_make_one_user(ada, settings):
    # The race is about the claim; twenty hashes of 46 MiB would only make it slow.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    invitation = InvitationFactory(sender=ada)

    outcomes = race(*[accept(invitation) for _press in range(20)])

    assert len(refusals(outcomes, actions.InvitationNotUsable)) == 19
    assert User.objects.filter(email=invitation.email).count() == 1


def test_accepting_and_revoking_at_once_have_one_winner(ada):
    for _round in range(5):
        invitation = InvitationFactory(sender=ada)

        outcomes = race(
            accept(invitation),
            partial(actions.revoke_invitation, invitation=invitation, by=ada),
        )

        assert len(refusals(outcomes, actions.InvitationNotUsable)) == 1
        invitation.refresh_from_db()
        made = User.objects.filter(email=invitation.email).exists()
        assert made == (invitation.state == Invitation.State.ACCEPTED)
        assert bool(invitation.accepted_at) != bool(invitation.revoked_at)


def test_accepting_while_the_sender_is_blocked_leaves_no_half(ada):
    chen = AdministratorFactory(first_name="Chen")
    invitation = InvitationFactory(sender=chen)

    outcomes = race(accept(invitation), lambda: people.block_user(user=chen, by=ada))

    refusals(outcomes, actions.InvitationNotUsable)
    invitation.refresh_from_db()
    assert User.objects.filter(email=invitation.email).exists() == bool(invitation.accepted_at)


def test_accepting_and_adding_one_address_at_once_make_one_user(ada):
    invitation = InvitationFactory(sender=ada)

    outcomes = race(
        accept(invitation),
        lambda: people.add_user(
            email=invitation.email, first_name="S", last_name="B", password=PASSWORD, by=ada
        ),
    )

    assert len(refusals(outcomes, (actions.InvitationNotUsable, people.AddressTaken))) == 1
    assert User.objects.filter(email=invitation.email).count() == 1


def test_inviting_one_address_at_once_makes_one_invitation(ada):
    outcomes = race(*[invite(ada) for _press in range(6)])

    assert len(refusals(outcomes, actions.AlreadyInvited)) == 5
    assert Invitation.objects.count() == 1


def test_resending_at_once_leaves_one_open_link(ada):
    invitation = InvitationFactory(sender=ada)

    race(*[lambda: actions.resend_invitation(invitation=invitation, by=ada)] * 4)

    invitation.refresh_from_db()
    assert invitation.times_sent == 5
    assert invitation.replaced_tokens.count() == 4
    assert accept(invitation)().is_active


def test_the_database_holds_one_unanswered_invitation_per_address(ada):
    first = InvitationFactory(sender=ada)

    with pytest.raises(IntegrityError), transaction.atomic():
        InvitationFactory(sender=ada, email=first.email)


def test_an_invitation_committed_after_the_look_is_refused(ada):
    outcome = overtake(invite(ada), invite(ada))

    assert isinstance(outcome, actions.AlreadyInvited)
    assert outcome.invitation == Invitation.objects.get()
