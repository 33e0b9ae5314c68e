"""The link pressed by many at once, on both databases."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts import actions as people
from accounts.models import User
from accounts.passwords import HashingBusy
from invitations import actions
from invitations.actions import answering
from invitations.models import Invitation
from tests.factories import PASSWORD, AdministratorFactory, InvitationFactory
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def accept(invitation):
    stale = Invitation.objects.get(pk=invitation.pk)

    def press():
        return actions.accept_invitation(
            invitation=stale, password=PASSWORD, first_name="Sofia", last_name="Brandt"
        ).user

    return press


def correct(invitation, email, by):
    return partial(actions.correct_address, invitation=invitation, email=email, by=by)


def invite(by, email="sofia@kelpworks.example"):
    return lambda: actions.invite_user(
        email=email,
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


def test_whoever_waits_in_vain_for_a_turn_is_asked_to_come_back(ada, monkeypatch):
    monkeypatch.setattr(answering, "SLOT_WAIT_SECONDS", 0.01)
    invitation = InvitationFactory(sender=ada)
    press = accept(invitation)

    with answering._turns.turn(str(invitation.pk), timeout=0), pytest.raises(HashingBusy):
        press()

    assert press() is not None


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


@pytest.mark.parametrize("how", ["block", "demote", "delete"])
def test_accepting_while_the_sender_loses_the_right_leaves_no_half(ada, administrators_role, how):
    for _round in range(3):
        chen = AdministratorFactory(first_name="Chen")
        invitation = InvitationFactory(sender=chen)
        lose = {
            "block": partial(people.block_user, user=chen, by=ada),
            "demote": partial(people.remove_role, user=chen, role=administrators_role, by=ada),
            "delete": partial(people.delete_user, user=chen, by=ada),
        }

        outcomes = race(accept(invitation), lose[how])

        refusals(outcomes, actions.InvitationNotUsable)
        invitation.refresh_from_db()
        made = User.objects.filter(email=invitation.email).exists()
        assert made == bool(invitation.accepted_at)


def test_whoever_accepts_after_the_senders_block_is_refused_though_they_looked_before(ada):
    chen = AdministratorFactory(first_name="Chen")
    invitation = InvitationFactory(sender=chen)
    press = accept(invitation)
    people.block_user(user=chen, by=ada)

    with pytest.raises(actions.InvitationNotUsable):
        press()


def test_accepting_and_resending_at_once_leave_a_user_or_one_open_link(ada):
    for _round in range(5):
        invitation = InvitationFactory(sender=ada)

        outcomes = race(
            accept(invitation),
            partial(actions.resend_invitation, invitation=invitation, by=ada),
        )

        # One of them was first; the other was refused.
        assert len(refusals(outcomes, actions.InvitationNotUsable)) == 1
        invitation.refresh_from_db()
        made = User.objects.filter(email=invitation.email).exists()
        assert made == bool(invitation.accepted_at)
        assert made == (invitation.times_sent == 1)
        if not made:
            assert accept(invitation)().is_active


def test_accepting_and_correcting_the_address_at_once_have_one_winner(ada):
    for number in range(5):
        invitation = InvitationFactory(sender=ada)
        wrong, right = invitation.email, f"right{number}@example.org"

        outcomes = race(accept(invitation), correct(invitation, right, ada))

        assert len(refusals(outcomes, actions.InvitationNotUsable)) == 1
        invitation.refresh_from_db()
        accepted = bool(invitation.accepted_at)
        assert User.objects.filter(email=wrong).exists() == accepted
        assert not User.objects.filter(email=right).exists()
        assert invitation.email == (wrong if accepted else right)


def test_a_link_accepted_while_the_address_is_being_corrected_is_refused(ada):
    invitation = InvitationFactory(sender=ada)

    outcome = overtake(correct(invitation, "right@example.org", ada), accept(invitation))

    assert isinstance(outcome, actions.InvitationNotUsable)
    assert not User.objects.filter(email__in=[invitation.email, "right@example.org"]).exists()


def test_correcting_at_once_leaves_one_address_and_one_open_link(ada):
    invitation = InvitationFactory(sender=ada)
    wanted = [f"right{number}@example.org" for number in range(4)]

    race(*[correct(invitation, email, ada) for email in wanted])

    invitation.refresh_from_db()
    assert invitation.email in wanted
    assert invitation.replaced_tokens.filter(address_corrected=True).count() == 4
    assert accept(invitation)().email == invitation.email


def test_correcting_and_inviting_one_address_at_once_leave_one_invitation_to_it(ada):
    for number in range(4):
        invitation = InvitationFactory(sender=ada)
        right = f"sofia{number}@kelpworks.example"

        outcomes = race(correct(invitation, right, ada), invite(ada, email=right))

        assert len(refusals(outcomes, actions.AlreadyInvited)) == 1
        assert Invitation.objects.filter(email=right).count() == 1


def test_an_address_invited_after_the_look_cannot_be_corrected_to(ada):
    invitation = InvitationFactory(sender=ada)
    email = "sofia@kelpworks.example"

    outcome = overtake(invite(ada), correct(invitation, email, ada))

    assert isinstance(outcome, actions.AlreadyInvited)
    assert outcome.invitation.email == email
    invitation.refresh_from_db()
    assert invitation.email != email


def test_opening_and_accepting_at_once_disturb_each_other_not(ada):
    for _round in range(3):
        invitation = InvitationFactory(sender=ada)
        look = partial(actions.note_opened, invitation=invitation)

        outcomes = race(look, accept(invitation), look)

        assert not refusals(outcomes, ())
        invitation.refresh_from_db()
        assert invitation.accepted_at
        assert invitation.opened_at


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
