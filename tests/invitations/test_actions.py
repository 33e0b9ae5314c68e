"""What the operations on invitations do, record, send and refuse."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions as people
from accounts.models import Role, User
from audit.models import Event
from base.tokens import token_digest
from invitations import actions
from invitations.access import LinkState, find_link
from invitations.models import Invitation
from mail.models import Message
from tests.factories import PASSWORD, AdministratorFactory, InvitationFactory, RoleFactory

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def invite(by, **changes):
    values = {
        "email": "Sofia.Brandt@Kelpworks.Example",
        "first_name": "Sofia",
        "last_name": "Brandt",
        "validity": WEEK,
    }
    return actions.invite_user(**(values | changes), by=by)


def accept(invitation, **changes):
    values = {"password": PASSWORD, "first_name": "Sofia", "last_name": "Brandt"}
    return actions.accept_invitation(invitation=invitation, **(values | changes)).user


def events_of(invitation):
    found = Event.objects.filter(subject_id=invitation.public_id).order_by("id")
    return [event.action for event in found]


def letters_about(invitation):
    found = Message.objects.filter(reference=invitation.public_id).order_by("id")
    return list(found.values_list("kind", "state"))


def test_invite_user_makes_no_user_and_queues_one_letter(ada):
    pilots = RoleFactory(name="Pilots")

    invitation = invite(ada, roles=[pilots], message=" Welcome aboard ")

    assert not User.objects.by_address("sofia.brandt@kelpworks.example")
    assert invitation.is_pending
    assert invitation.email == "sofia.brandt@kelpworks.example"
    assert invitation.message == "Welcome aboard"
    assert invitation.sender == ada
    assert list(invitation.roles.all()) == [pilots]
    assert letters_about(invitation) == [("invitation", "queued")]
    assert events_of(invitation) == ["invitation.sent"]


def test_the_row_and_the_outbox_keep_no_token(ada):
    invitation = invite(ada)
    token = actions.token_of(invitation)

    stored = " ".join(str(vars(row)) for row in [invitation, Message.objects.get()])

    assert token not in stored
    assert len(token) == 43
    assert invitation.digest == token_digest(token)


def test_tokens_outlive_a_rotation_of_the_secret_key(ada, settings):
    invitation = invite(ada)
    token = actions.token_of(invitation)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a quite different key that is long enough to be one, really"

    assert actions.token_of(invitation) == token
    assert find_link(token).state == LinkState.OPEN


def test_invite_user_refuses_a_known_address(ada, ben):
    with pytest.raises(people.AddressTaken) as refusal:
        invite(ada, email="BEN@example.org")

    assert refusal.value.user == ben


def test_invite_user_refuses_an_invited_address_and_names_the_invitation(ada):
    first = invite(ada)

    with pytest.raises(actions.AlreadyInvited) as refusal:
        invite(ada, email="sofia.brandt@KELPWORKS.example")

    assert refusal.value.invitation == first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nope"),
        ("first_name", ""),
        ("last_name", "www.evil.example"),
        ("validity", timedelta(minutes=59)),
        ("validity", timedelta(days=91)),
        ("message", "x" * 2001),
    ],
)
def test_invite_user_refuses_bad_values_and_leaves_nothing(ada, field, value):
    with pytest.raises(ValidationError):
        invite(ada, **{field: value})

    assert Invitation.objects.count() == 0
    assert Message.objects.count() == 0


def test_invite_user_refuses_guests(ada):
    with pytest.raises(people.RoleNotAssignable):
        invite(ada, roles=[Role.objects.get(built_in="guests")])


def test_an_address_can_be_invited_again_after_an_answer(ada):
    actions.decline_invitation(invitation=invite(ada))
    actions.revoke_invitation(invitation=invite(ada), by=ada)

    assert invite(ada).is_pending


def test_accept_invitation_makes_an_active_user_with_address_and_roles(ada):
    pilots = RoleFactory(name="Pilots")
    invitation = invite(ada, roles=[pilots])

    user = accept(invitation, first_name="Sofie", time_zone="Europe/Oslo")

    assert user.is_active
    assert user.email == "sofia.brandt@kelpworks.example"
    assert user.full_name == "Sofie Brandt"
    assert user.check_password(PASSWORD)
    assert not user.must_change_password
    assert {role.name for role in user.roles.all()} == {"Developers", "Pilots"}
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.ACCEPTED
    assert invitation.user == user
    assert events_of(invitation) == ["invitation.sent", "invitation.accepted"]
    assert letters_about(invitation) == [("invitation", "cancelled")]


def test_accept_invitation_works_once(ada):
    invitation = invite(ada)
    stale = Invitation.objects.get(pk=invitation.pk)
    accept(invitation)

    with pytest.raises(actions.InvitationNotUsable):
        accept(stale)


def test_accept_invitation_judges_the_password_first(ada):
    invitation = invite(ada)

    with pytest.raises(ValidationError) as refusal:
        accept(invitation, password="short")

    assert "password" in refusal.value.message_dict
    invitation.refresh_from_db()
    assert invitation.is_pending


def test_accept_invitation_checks_expiry_at_use(ada, time_machine):
    invitation = invite(ada)

    time_machine.move_to(timezone.now() + timedelta(days=7, seconds=1))

    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)


@pytest.mark.parametrize("end", ["block", "demote", "delete"])
def test_an_invitation_is_only_as_good_as_its_sender(ada, administrators_role, end):
    chen = AdministratorFactory(first_name="Chen")
    invitation = invite(chen)
    token = actions.token_of(invitation)

    if end == "block":
        people.block_user(user=chen, by=ada)
    elif end == "demote":
        people.remove_role(user=chen, role=administrators_role, by=ada)
    else:
        people.delete_user(user=chen, by=ada)

    assert find_link(token).state == LinkState.SENDER_GONE
    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)
    with pytest.raises(actions.InvitationNotUsable):
        actions.resend_invitation(invitation=invitation, by=None)

    renewed = actions.resend_invitation(invitation=invitation, by=ada)
    assert accept(renewed).is_active


def test_accept_invitation_tells_administrators_of_an_address_taken_meanwhile(ada):
    invitation = invite(ada)
    people.add_user(
        email=invitation.email, first_name="S", last_name="B", password=PASSWORD, by=ada
    )

    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)

    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert "invitation.address_taken" in events_of(invitation)


def test_resend_invitation_replaces_the_link(ada, time_machine):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")
    invitation = invite(ada)
    earlier = actions.token_of(invitation)
    time_machine.move_to(timezone.now() + timedelta(days=8))

    resent = actions.resend_invitation(invitation=invitation, validity=timedelta(days=1), by=chen)

    assert find_link(earlier).state == LinkState.REPLACED
    assert find_link(actions.token_of(resent)).state == LinkState.OPEN
    assert resent.times_sent == 2
    assert resent.sender_name == "Chen Wei"
    assert resent.expires_at - resent.sent_at == timedelta(days=1)
    assert letters_about(invitation) == [("invitation", "cancelled"), ("invitation", "queued")]
    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)
    assert accept(resent).is_active


def test_resend_invitation_on_request_keeps_the_sender(ada):
    resent = actions.resend_invitation(invitation=invite(ada), by=None)

    assert resent.sender == ada
    assert Event.objects.filter(action="invitation.resent").get().actor_id is None


@pytest.mark.parametrize("answer", ["accept", "decline", "revoke"])
def test_answered_invitations_cannot_be_resent(ada, answer):
    invitation = invite(ada)
    if answer == "accept":
        accept(invitation)
    elif answer == "decline":
        actions.decline_invitation(invitation=invitation)
    else:
        actions.revoke_invitation(invitation=invitation, by=ada)

    with pytest.raises(actions.InvitationNotUsable):
        actions.resend_invitation(invitation=invitation, by=ada)


def test_revoke_invitation_is_quiet_when_repeated(ada):
    invitation = invite(ada)

    for _twice in range(2):
        actions.revoke_invitation(invitation=invitation, by=ada)

    assert find_link(actions.token_of(invitation)).state == LinkState.REVOKED
    assert events_of(invitation) == ["invitation.sent", "invitation.revoked"]
    assert letters_about(invitation) == [("invitation", "cancelled")]


def test_revoke_invitation_refuses_an_answered_one(ada):
    invitation = invite(ada)
    accept(invitation)

    with pytest.raises(actions.InvitationNotUsable):
        actions.revoke_invitation(invitation=invitation, by=ada)


def test_decline_invitation_is_an_answer(ada):
    invitation = invite(ada)

    actions.decline_invitation(invitation=invitation)

    assert find_link(actions.token_of(invitation)).state == LinkState.DECLINED
    with pytest.raises(actions.InvitationNotUsable):
        accept(invitation)
    with pytest.raises(actions.InvitationNotUsable):
        actions.decline_invitation(invitation=invitation)


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "a" * 43, "../../etc/passwd"])
def test_a_token_of_nobody_finds_nothing(token, db):
    assert find_link(token) is None


def test_every_state_is_computed_from_the_moments(ada):
    hour = timedelta(hours=1)
    now = timezone.now()

    states = {
        InvitationFactory(sender=ada).state,
        InvitationFactory(sender=ada, expires_at=now - hour).state,
        InvitationFactory(sender=ada, accepted_at=now).state,
        InvitationFactory(sender=ada, revoked_at=now).state,
        InvitationFactory(sender=ada, declined_at=now).state,
    }

    assert states == set(Invitation.State)
    for word in ["pending", "expired", "accepted", "revoked", "declined"]:
        assert [found.state for found in getattr(Invitation.objects, word)()] == [word]
