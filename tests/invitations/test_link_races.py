"""A shared link used by many at once, on both databases."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts import actions as people
from accounts.models import User
from audit.models import Event
from invitations import actions
from invitations.models import Invitation, InviteLink
from mail.models import Message
from tests.factories import PASSWORD, AdministratorFactory, InvitationFactory, InviteLinkFactory
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    # The races are about places; hashes of 46 MiB would only make them slow.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def invited(link, number):
    return [
        InvitationFactory(sender=link.sender, invite_link=link, email=f"guest{one}@example.org")
        for one in range(number)
    ]


def accept(invitation):
    stale = Invitation.objects.get(pk=invitation.pk)
    return lambda: actions.accept_invitation(
        invitation=stale, password=PASSWORD, first_name="Sofia", last_name="Brandt"
    )


def ask(link, email="sofia@kelpworks.example"):
    return lambda: actions.request_invitation(
        link=link, email=email, first_name="Sofia", last_name="Brandt"
    )


def joined(link):
    link.refresh_from_db()
    accepted = Invitation.objects.accepted().filter(invite_link=link)
    users = User.objects.filter(email__startswith="guest")
    assert link.used == accepted.count() == users.count()
    return link.used


def test_twenty_acceptances_of_a_quota_of_three_make_three_users(ada):
    link = InviteLinkFactory(sender=ada, quota=3)

    outcomes = race(*map(accept, invited(link, 20)))

    assert len(refusals(outcomes, actions.InviteLinkClosed)) == 17
    assert joined(link) == 3
    assert Invitation.objects.pending().count() == 17
    assert Event.objects.filter(action="invitation.accepted").count() == 3


def test_the_last_place_pressed_twenty_times_by_one_person_makes_one_user(ada):
    link = InviteLinkFactory(sender=ada, quota=1)
    [invitation] = invited(link, 1)

    outcomes = race(*[accept(invitation) for _press in range(20)])

    assert len(refusals(outcomes, actions.InvitationNotUsable)) == 19
    assert joined(link) == 1


def test_a_place_taken_before_the_other_looked_again_is_not_given_twice(ada):
    link = InviteLinkFactory(sender=ada, quota=1)
    first, second = map(accept, invited(link, 2))

    assert isinstance(overtake(first, second), actions.InviteLinkClosed)
    assert joined(link) == 1


def test_accepting_and_switching_off_at_once_have_one_order(ada):
    for _round in range(5):
        link = InviteLinkFactory(sender=ada)
        [invitation] = [InvitationFactory(sender=ada, invite_link=link)]

        outcomes = race(accept(invitation), partial(actions.turn_off_link, link=link, by=ada))

        refused = refusals(outcomes, actions.InviteLinkClosed)
        link.refresh_from_db()
        assert link.used == 1 - len(refused)
        assert User.objects.filter(email=invitation.email).exists() == (not refused)


def test_accepting_and_deleting_the_link_at_once_leaves_no_half(ada):
    for _round in range(5):
        link = InviteLinkFactory(sender=ada, quota=9)
        invitation = InvitationFactory(sender=ada, invite_link=link)

        outcomes = race(accept(invitation), partial(actions.delete_link, link=link, by=ada))

        refused = refusals(outcomes, actions.InvitationNotUsable)
        invitation.refresh_from_db()
        assert invitation.state == ("revoked" if refused else "accepted")
        assert User.objects.filter(email=invitation.email).exists() == (not refused)
        assert not InviteLink.objects.exists()


def test_accepting_and_lowering_the_quota_at_once_keeps_within_it(ada):
    for _round in range(5):
        link = InviteLinkFactory(sender=ada, quota=2, used=1)
        invitation = InvitationFactory(sender=ada, invite_link=link)
        lower = partial(
            actions.edit_link,
            link=link,
            name=link.name,
            quota=1,
            expires_at=None,
            mail_domains=[],
            roles=[],
            package=None,
            by=ada,
        )

        outcomes = race(accept(invitation), lower)

        refusals(outcomes, (actions.InviteLinkClosed, actions.QuotaBelowUsed))
        link.refresh_from_db()
        assert (link.quota, link.used) in {(1, 1), (2, 2)}


def test_accepting_while_the_sender_is_blocked_leaves_no_half(ada):
    chen = AdministratorFactory(first_name="Chen")
    link = InviteLinkFactory(sender=chen, quota=1)
    [invitation] = invited(link, 1)

    outcomes = race(accept(invitation), lambda: people.block_user(user=chen, by=ada))

    refusals(outcomes, actions.InvitationNotUsable)
    invitation.refresh_from_db()
    assert joined(link) == bool(invitation.accepted_at)


def test_one_address_asking_at_once_is_sent_one_letter(ada):
    link = InviteLinkFactory(sender=ada)

    outcomes = race(*[ask(link)] * 8)

    assert refusals(outcomes, ()) == []
    assert Invitation.objects.count() == 1
    assert Message.objects.count() == 1


def test_one_address_asking_through_two_links_at_once_is_sent_one_letter(ada):
    first, second = InviteLinkFactory(sender=ada), InviteLinkFactory(sender=ada)

    overtake(ask(first), ask(second))

    assert Invitation.objects.get().invite_link == first
    assert Message.objects.count() == 1


def test_a_known_person_asked_for_at_once_is_told_once(ada, ben):
    link = InviteLinkFactory(sender=ada)

    outcomes = race(*[ask(link, ben.email)] * 8)

    assert refusals(outcomes, ()) == []
    assert [message.kind for message in Message.objects.all()] == ["account_exists"]


def test_asking_and_deleting_the_link_at_once_leaves_nothing_open(ada):
    for _round in range(5):
        link = InviteLinkFactory(sender=ada)

        outcomes = race(ask(link), partial(actions.delete_link, link=link, by=ada))

        refusals(outcomes, actions.InviteLinkNotUsable)
        assert not Invitation.objects.pending().exists()


def test_asking_while_the_invitation_is_accepted_says_nothing_to_the_visitor(ada):
    link = InviteLinkFactory(sender=ada)
    invitation = InvitationFactory(sender=ada, email="sofia@kelpworks.example")

    outcome = overtake(accept(invitation), ask(link))

    assert outcome is None
    assert User.objects.by_address("sofia@kelpworks.example").is_active


def test_a_dead_invitation_replaced_at_once_becomes_one(ada):
    chen = AdministratorFactory()
    InvitationFactory(sender=chen, email="sofia@kelpworks.example")
    people.block_user(user=chen, by=ada)
    link = InviteLinkFactory(sender=ada)

    outcomes = race(*[ask(link)] * 6)

    assert refusals(outcomes, ()) == []
    assert Invitation.objects.pending().count() == 1
    assert Invitation.objects.revoked().count() == 1


def test_the_database_holds_the_quota(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        InviteLinkFactory(sender=ada, quota=1, used=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        InviteLinkFactory(sender=ada, quota=0)
