"""What somebody sent as an administrator ends with their authority, and does not wake with them."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from accounts import actions as people
from invitations.access import LinkState, find_link
from invitations.actions import (
    InvitationNotUsable,
    InviteLinkNotUsable,
    accept_invitation,
    create_link,
    invite_user,
    request_invitation,
    resend_invitation,
    token_of,
    turn_on_link,
)
from invitations.models import Invitation, InviteLink
from mail.models import Message
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    InvitationFactory,
    InviteLinkFactory,
    UserFactory,
)
from tests.racing import overtake

HANA = {"email": "hana@quarry.example", "first_name": "Hana", "last_name": "Tanaka"}


def invite(by):
    return invite_user(**HANA, by=by, validity=timedelta(days=7))


def accept(invitation):
    names = {"first_name": "Hana", "last_name": "Tanaka"}
    return accept_invitation(invitation=invitation, password=PASSWORD, **names)


def lose_and_regain(user, how, administrators_role):
    if how == "block":
        people.block_user(user=user, by=None)
        people.activate_user(user=user, by=None)
    else:
        people.remove_role(user=user, role=administrators_role, by=None)
        people.assign_role(user=user, role=administrators_role, by=None)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["block", "demotion"])
def test_an_invitation_does_not_wake_with_its_sender(ada, administrators_role, how, deliver):
    chen = AdministratorFactory()
    invitation = invite(chen)
    lose_and_regain(chen, how, administrators_role)

    assert find_link(token_of(invitation)).state == LinkState.SENDER_GONE
    assert invitation not in Invitation.objects.from_valid_senders()
    with pytest.raises(InvitationNotUsable):
        accept(invitation)
    assert deliver() == []


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["block", "demotion"])
def test_a_shared_link_does_not_wake_with_its_sender(ada, administrators_role, how):
    chen = AdministratorFactory()
    link = create_link(name="Course", by=chen)
    lose_and_regain(chen, how, administrators_role)

    with pytest.raises(InviteLinkNotUsable):
        request_invitation(link=link, **HANA)
    assert InviteLink.objects.with_state().get().state == InviteLink.State.SENDER_GONE


@pytest.mark.django_db
def test_sent_again_or_turned_on_it_is_as_good_as_whoever_does_it(ada):
    chen = AdministratorFactory()
    invitation, link = invite(chen), create_link(name="Course", by=chen)
    people.block_user(user=chen, by=ada)
    people.activate_user(user=chen, by=ada)

    # By the same person too: they may invite again, and do.
    resent = resend_invitation(invitation=invitation, by=chen)
    turn_on_link(link=link, by=chen)

    assert find_link(token_of(resent)).state == LinkState.OPEN
    assert InviteLink.objects.with_state().get().state == InviteLink.State.OPEN
    accept(resent)


@pytest.mark.django_db
def test_a_stale_instance_of_the_sender_sends_under_the_present_epoch(ada):
    chen = AdministratorFactory()
    people.block_user(user=chen, by=ada)
    people.activate_user(user=chen, by=ada)

    # ``chen`` here still says 1.
    assert accept(invite(chen)).user.email == HANA["email"]


@pytest.mark.django_db
def test_losing_another_role_ends_nothing(ada, developers_role):
    chen = AdministratorFactory()
    people.assign_role(user=chen, role=developers_role, by=ada)
    invitation = invite(chen)

    people.remove_role(user=chen, role=developers_role, by=ada)

    assert find_link(token_of(invitation)).state == LinkState.OPEN


@pytest.mark.django_db
def test_upgrading_ends_what_had_lost_its_sender_already(ada):
    migration = import_module("invitations.migrations.0003_sender_epoch")
    blocked, demoted = AdministratorFactory(blocked=True), UserFactory()
    InvitationFactory(sender=blocked)
    InviteLinkFactory(sender=demoted)
    kept = InvitationFactory(sender=ada)

    migration.end_what_lost_its_sender(apps, None)

    people.activate_user(user=blocked, by=ada)
    assert list(Invitation.objects.from_valid_senders()) == [kept]
    demoted.refresh_from_db()
    assert demoted.authority_epoch == 2


@pytest.mark.django_db(transaction=True)
def test_a_block_before_an_acceptance_commits_ends_it(ada):
    chen = AdministratorFactory()
    invitation = invite(chen)

    outcome = overtake(
        lambda: people.block_user(user=chen, by=ada),
        lambda: accept(invitation),
    )

    assert isinstance(outcome, InvitationNotUsable)
    assert not Message.objects.filter(kind="welcome").exists()


@pytest.mark.django_db(transaction=True)
def test_an_acceptance_before_a_block_counts(ada):
    """The block waits for it, so that no account is made by somebody who is blocked by then."""
    chen = AdministratorFactory()
    invitation = invite(chen)

    outcome = overtake(
        lambda: accept(invitation),
        lambda: people.block_user(user=chen, by=ada),
    )

    assert outcome.is_blocked
    assert Invitation.objects.accepted().get() == invitation


@pytest.mark.django_db(transaction=True)
def test_a_block_before_a_request_through_the_link_commits_ends_it(ada):
    chen = AdministratorFactory()
    link = create_link(name="Course", by=chen)

    outcome = overtake(
        lambda: people.block_user(user=chen, by=ada),
        lambda: request_invitation(link=link, **HANA),
    )

    assert isinstance(outcome, InviteLinkNotUsable)
    assert not Invitation.objects.exists()
