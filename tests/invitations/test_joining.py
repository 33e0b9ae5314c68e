"""Asking through a shared link: what reaches the mailbox, and what counts against the quota."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions as people
from accounts.models import User
from audit.models import Event
from invitations import actions
from invitations.access import LinkState, find_link
from invitations.models import Invitation
from mail.delivery import deliver_due
from mail.models import Message
from mail.outbox import queue_letter
from service.actions import edit_service
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    InvitationFactory,
    InviteLinkFactory,
    PackageFactory,
    RoleFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SOFIA = "sofia@kelpworks.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def link(ada):
    return InviteLinkFactory(sender=ada, name="Harbour day", roles=[RoleFactory(name="Pilots")])


def ask(link, email=SOFIA, **changes):
    values = {"email": email, "first_name": "Sofia", "last_name": "Brandt"}
    return actions.request_invitation(link=link, **(values | changes))


def accept(invitation):
    actions.accept_invitation(
        invitation=invitation, password=PASSWORD, first_name="Sofia", last_name="Brandt"
    )
    return User.objects.by_address(invitation.email)


def letters():
    return list(Message.objects.order_by("id").values_list("kind", "to"))


def used(link):
    link.refresh_from_db()
    return link.used


# --- The letter -------------------------------------------------------------------------------


def test_request_invitation_sends_an_ordinary_one_in_the_senders_name(link, ada):
    link.package = PackageFactory()
    link.save()
    edit_service(name="Harbour APIs", support_address="", invitation_days=3, by=ada)

    ask(link, "Sofia@KELPWORKS.example", language="de")

    invitation = Invitation.objects.get()
    assert invitation.email == SOFIA
    assert invitation.full_name == "Sofia Brandt"
    assert invitation.language == "de"
    assert (invitation.invite_link, invitation.package) == (link, link.package)
    assert (invitation.sender, invitation.sender_name) == (ada, "Ada Lovelace")
    assert [role.name for role in invitation.roles.all()] == ["Pilots"]
    assert invitation.validity == timedelta(days=3)
    assert letters() == [("invitation", SOFIA)]
    assert not User.objects.by_address(SOFIA)
    assert used(link) == 0
    event = Event.objects.get(action="invitation.requested")
    assert event.actor_id is None
    assert event.data == {"link": "Harbour day", "roles": ["Pilots"]}


def test_a_known_person_is_told_that_they_have_an_account_once_a_day(link, ben, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for _twice in range(2):
        ask(link, ben.email)
    assert letters() == [("account_exists", ben.email)]
    assert Event.objects.filter(action="user.told_of_account").count() == 1

    time_machine.move_to(start + timedelta(hours=23), tick=False)
    ask(link, ben.email)
    assert len(letters()) == 1
    time_machine.move_to(start + timedelta(hours=25), tick=False)
    ask(link, ben.email)
    assert len(letters()) == 2
    assert not Invitation.objects.exists()


def test_a_blocked_person_is_told_nothing(link, ada, ben):
    people.block_user(user=ben, by=ada)

    ask(link, ben.email)

    assert letters() == []
    assert not Invitation.objects.exists()


def test_an_invited_address_gets_its_letter_again_with_its_link_and_roles(link, ada, time_machine):
    finance = RoleFactory(name="Finance")
    invitation = actions.invite_user(
        email=SOFIA,
        first_name="Sofia",
        last_name="Brandt",
        roles=[finance],
        validity=timedelta(days=7),
        by=ada,
    )
    token = actions.token_of(invitation)
    time_machine.move_to(timezone.now() + HOUR)

    ask(link, first_name="Mallory")

    invitation = Invitation.objects.get()
    assert actions.token_of(invitation) == token
    assert invitation.first_name == "Sofia"
    assert list(invitation.roles.all()) == [finance]
    assert invitation.invite_link is None
    assert invitation.times_sent == 2
    assert letters() == [("invitation", SOFIA)] * 2
    assert Event.objects.get(action="invitation.resent").actor_id is None


def test_the_letter_is_not_repeated_within_ten_minutes(link, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for _thrice in range(3):
        ask(link)
    assert letters() == [("invitation", SOFIA)]

    time_machine.move_to(start + timedelta(minutes=11), tick=False)
    ask(link)
    assert len(letters()) == 2


def test_an_expired_invitation_gets_a_fresh_link(link, ada):
    past = timezone.now() - HOUR
    invitation = InvitationFactory(sender=ada, email=SOFIA, expires_at=past)
    token = actions.token_of(invitation)

    ask(link)

    invitation.refresh_from_db()
    assert invitation.is_pending
    assert find_link(token).state == LinkState.REPLACED
    assert letters() == [("invitation", SOFIA)]


@pytest.mark.parametrize("reason", ["sender gone", "other link off", "other link full"])
def test_an_invitation_that_opens_nothing_is_replaced_by_one_of_this_link(link, ada, reason):
    chen = AdministratorFactory()
    other = InviteLinkFactory(sender=ada, quota=1)
    sender, through = (chen, None) if reason == "sender gone" else (ada, other)
    dead = InvitationFactory(sender=sender, email=SOFIA, invite_link=through)
    dead.roles.set([RoleFactory(name="Finance")])
    if reason == "sender gone":
        people.block_user(user=chen, by=ada)
    elif reason == "other link off":
        actions.turn_off_link(link=other, by=ada)
    else:
        other.used = 1
        other.save()

    ask(link)

    dead.refresh_from_db()
    assert dead.state == "revoked"
    fresh = Invitation.objects.pending().get()
    assert (fresh.invite_link, fresh.sender) == (link, ada)
    assert [role.name for role in fresh.roles.all()] == ["Pilots"]
    assert accept(fresh).is_active


def test_the_letter_says_how_the_address_came_in(link, deliver):
    ask(link)

    [letter] = deliver()
    invitation = Invitation.objects.get()
    assert "Through a link from Ada Lovelace this address was entered" in letter.body
    assert "If it was not you, ignore this message" in letter.body
    assert "Ada Lovelace has invited you" not in letter.body
    assert f"/invitations/{actions.token_of(invitation)}/" in letter.body


def test_nobody_is_reminded_of_what_a_stranger_may_have_typed(link, ada):
    """One letter to an address that nobody invited; its end is nobody's news either."""
    ask(link)
    InvitationFactory(sender=ada, email="omar@example.org")
    queue_letter("invitation", to="omar@example.org", reference=Invitation.objects.last().public_id)
    Message.objects.update(state="sent")
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=2, hours=1))

    assert actions.remind_invited() == 1
    assert Message.objects.get(kind="invitation_reminder").to == "omar@example.org"

    Invitation.objects.update(expires_at=timezone.now() - timedelta(hours=2))
    assert list(Invitation.objects.ended_unused()) == [Invitation.objects.last()]


# --- Refusals ---------------------------------------------------------------------------------


def close(link, how, ada):
    if how == "off":
        actions.turn_off_link(link=link, by=ada)
    elif how == "deleted":
        actions.delete_link(link=link, by=ada)
    elif how == "sender gone":
        people.block_user(user=ada, by=AdministratorFactory())
    else:
        over = {"ended": {"expires_at": timezone.now()}, "full": {"quota": 1, "used": 1}}[how]
        type(link).objects.filter(pk=link.pk).update(**over)


@pytest.mark.parametrize("how", ["off", "ended", "full", "deleted", "sender gone"])
@pytest.mark.parametrize("email", [SOFIA, "ben@example.org", "invited@example.org"])
def test_a_closed_link_refuses_known_and_unknown_alike(link, ada, ben, how, email):
    InvitationFactory(sender=AdministratorFactory(), email="invited@example.org")
    close(link, how, ada)

    with pytest.raises(actions.InviteLinkNotUsable):
        ask(link, email)

    assert letters() == []


@pytest.mark.parametrize("email", [SOFIA, "ben@example.org"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("last_name", "www.evil.example"), ("first_name", "x" * 101)],
)
def test_bad_names_are_refused_before_the_address_is_looked_up(link, ben, email, field, value):
    with pytest.raises(ValidationError):
        ask(link, email, **{field: value})

    assert letters() == []


@pytest.mark.parametrize(
    ("email", "is_allowed"),
    [
        ("sofia@example.org", True),
        ("sofia@EXAMPLE.org", True),
        ("sofia@mail.example.org", False),
        ("sofia@notexample.org", False),
        ("sofia@example.org.evil.example", False),
        ("sofia@münchen.example", True),
        ("sofia@xn--mnchen-3ya.example", True),
        ("sofia@munchen.example", False),
    ],
)
def test_domains_count_exactly_in_any_spelling(ada, email, is_allowed):
    link = actions.create_link(
        name="Harbour day", mail_domains=["example.org", "MÜNCHEN.example"], by=ada
    )

    if is_allowed:
        ask(link, email)
        assert Invitation.objects.count() == 1
        return
    with pytest.raises(actions.MailDomainNotAllowed) as refusal:
        ask(link, email)
    assert refusal.value.message_dict == {
        "email": [
            "This link is for addresses at example.org or münchen.example. Enter one of those."
        ]
    }


# --- Places -----------------------------------------------------------------------------------


def test_accepting_takes_a_place_and_the_last_one_closes_the_link(ada):
    link = InviteLinkFactory(sender=ada, quota=1)
    ask(link)
    ask(link, "omar@kelpworks.example")
    first, second = Invitation.objects.order_by("pk")

    assert accept(first).is_active

    assert used(link) == 1
    assert find_link(actions.token_of(second)).state == LinkState.LINK_FULL
    with pytest.raises(actions.InviteLinkClosed):
        accept(second)
    with pytest.raises(actions.InvitationNotUsable):
        actions.reveal_link(invitation=second, by=ada)
    second.refresh_from_db()
    assert second.is_pending
    assert used(link) == 1
    with pytest.raises(actions.InvitationNotUsable):
        accept(first)
    assert find_link(actions.token_of(first)).state == LinkState.USED


def test_a_place_that_was_not_taken_in_the_end_is_free_again(ada):
    link = InviteLinkFactory(sender=ada, quota=1)
    ask(link)
    invitation = Invitation.objects.get()
    UserFactory(email=SOFIA)

    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)

    assert used(link) == 0


def test_switching_off_stops_letters_that_were_asked_for_until_it_is_on_again(link, ada):
    ask(link)
    invitation = Invitation.objects.get()

    actions.turn_off_link(link=link, by=ada)

    assert find_link(actions.token_of(invitation)).state == LinkState.LINK_OFF
    with pytest.raises(actions.InviteLinkClosed):
        accept(invitation)
    assert not deliver_due()["sent"]
    actions.turn_on_link(link=link, by=ada)
    assert accept(invitation).is_active
    assert used(link) == 1


def test_the_end_of_a_link_stops_new_requests_only(link):
    ask(link)
    type(link).objects.update(expires_at=timezone.now() - HOUR)

    assert accept(Invitation.objects.get()).is_active


def test_an_ordinary_invitation_counts_nowhere(link, ada):
    accept(InvitationFactory(sender=ada))

    assert used(link) == 0
