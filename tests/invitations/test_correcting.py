"""An invitation that went to the wrong address."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import actions as people
from audit.models import Event
from invitations import actions
from invitations.access import LinkState, find_link
from invitations.models import Invitation
from mail import delivery
from mail.models import Message
from mail.rendering import render
from tests.factories import AdministratorFactory, InvitationFactory, UserFactory
from tests.invitations.test_actions import accept, events_of, invite

pytestmark = pytest.mark.django_db

RIGHT = "sofia.brand@kelpworks.example"


def correct(invitation, by, email=RIGHT):
    return actions.correct_address(invitation=invitation, email=email, by=by)


def test_correct_address_sends_a_new_link_to_the_right_address(ada):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")
    invitation = invite(ada)
    earlier = actions.token_of(invitation)
    Invitation.objects.update(
        opened_at=timezone.now(), reminded_at=timezone.now(), reminders_sent=1, times_sent=3
    )
    Message.objects.update(state="bounced", answer="550 5.1.1 no such user")

    corrected = correct(invitation, chen, email=" Sofia.Brand@KELPWORKS.example ")

    assert corrected.email == RIGHT
    assert (corrected.sender, corrected.sender_name) == (chen, "Chen Wei")
    assert (corrected.times_sent, corrected.reminders_sent) == (1, 0)
    assert (corrected.opened_at, corrected.reminded_at) == (None, None)
    letters = Message.objects.about(invitation.public_id)
    assert [(letter.to, letter.state) for letter in letters] == [
        (RIGHT, "queued"),
        ("sofia.brandt@kelpworks.example", "bounced"),
    ]
    assert actions.token_of(corrected) != earlier
    assert accept(corrected).email == RIGHT
    event = Event.objects.get(action="invitation.address_corrected")
    assert event.actor_id == chen.public_id
    assert event.data["changes"] == {"email": ["sofia.brandt@kelpworks.example", RIGHT]}


def test_every_earlier_link_tells_nothing_whatever_becomes_of_the_invitation(ada):
    invitation = invite(ada)
    tokens = [actions.token_of(invitation)]
    invitation = actions.resend_invitation(invitation=invitation, by=ada)
    tokens.append(actions.token_of(invitation))
    invitation = correct(invitation, ada)
    newest = actions.token_of(invitation)

    assert {find_link(token).state for token in tokens} == {LinkState.MISSENT}
    assert not any(find_link(token).can_be_renewed for token in tokens)
    assert find_link(newest).state == LinkState.OPEN

    resent = actions.resend_invitation(invitation=invitation, by=ada)
    assert find_link(newest).state == LinkState.REPLACED
    accept(resent)
    assert {find_link(token).state for token in tokens} == {LinkState.MISSENT}
    assert find_link(newest).state == LinkState.USED


def test_the_earlier_link_accepts_and_declines_nothing(ada):
    stale = invite(ada)
    corrected = correct(stale, ada)

    with pytest.raises(actions.InvitationNotUsable):
        accept(stale)
    with pytest.raises(actions.InvitationNotUsable):
        actions.decline_invitation(invitation=stale)
    corrected.refresh_from_db()
    assert corrected.is_pending


def test_correct_address_is_quiet_for_the_address_it_has(ada):
    invitation = invite(ada)

    same = correct(invitation, ada, email="SOFIA.BRANDT@kelpworks.example")

    assert actions.token_of(same) == actions.token_of(invitation)
    assert events_of(invitation) == ["invitation.sent"]
    assert Message.objects.count() == 1


def test_an_expired_invitation_lives_again_at_the_right_address(ada):
    invitation = InvitationFactory(sender=ada, expires_at=timezone.now() - timedelta(days=1))

    assert correct(invitation, ada).is_pending


def test_correct_address_renews_the_invitation_of_a_lost_sender(ada):
    chen = AdministratorFactory()
    invitation = invite(chen)
    people.block_user(user=chen, by=ada)

    assert accept(correct(invitation, ada)).is_active


@pytest.mark.parametrize("blocked", [False, True])
def test_correct_address_refuses_a_known_address(ada, blocked):
    known = UserFactory(email=RIGHT, blocked=blocked)
    invitation = invite(ada)

    with pytest.raises(people.AddressTaken) as refusal:
        correct(invitation, ada)

    assert refusal.value.user == known
    assert find_link(actions.token_of(invitation)).state == LinkState.OPEN


def test_correct_address_refuses_an_invited_address_and_names_the_invitation(ada):
    other = InvitationFactory(sender=ada, email=RIGHT)

    with pytest.raises(actions.AlreadyInvited) as refusal:
        correct(invite(ada), ada)

    assert refusal.value.invitation == other


@pytest.mark.parametrize(
    "email", ["nope", "", "sofia@[192.0.2.1]", "sofia\u200b@example.org", "a@b.example\nBcc: c@d.e"]
)
def test_correct_address_refuses_what_is_no_address(ada, email):
    invitation = invite(ada)

    with pytest.raises(ValidationError):
        correct(invitation, ada, email=email)

    assert events_of(invitation) == ["invitation.sent"]


@pytest.mark.parametrize("answer", ["accept", "decline", "revoke"])
def test_answered_invitations_keep_their_address(ada, answer):
    invitation = invite(ada)
    if answer == "accept":
        accept(invitation)
    elif answer == "decline":
        actions.decline_invitation(invitation=invitation)
    else:
        actions.revoke_invitation(invitation=invitation, by=ada)

    with pytest.raises(actions.InvitationNotUsable):
        correct(invitation, ada)


# --- The letters to the wrong address ----------------------------------------------------------


def test_letters_that_wait_for_the_wrong_address_are_withdrawn(mail_server, ada):
    correct(invite(ada), ada)

    delivery.deliver_due()

    assert mail_server.recipients == [RIGHT]


def test_a_letter_under_way_to_the_wrong_address_never_carries_the_new_link(mail_server, ada):
    """Claimed by a sender that died, tried again after the correction."""
    invitation = invite(ada)
    delivery._claim(Message.objects.get())
    correct(invitation, ada)
    Message.objects.filter(to="sofia.brandt@kelpworks.example").update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )

    delivery.deliver_due()

    assert mail_server.recipients == [RIGHT]


def test_a_letter_held_for_the_wrong_address_never_carries_the_new_link(ada, settings):
    settings.MAIL_IS_OFF = True
    invitation = invite(ada)
    correct(invitation, ada)
    settings.MAIL_IS_OFF = False

    earlier, newer = Message.objects.order_by("pk")

    assert (earlier.state, newer.state) == ("cancelled", "held")
    assert render(earlier) is None
    assert render(newer).to == [RIGHT]


def test_the_wrong_address_can_be_invited_again(ada):
    correct(invite(ada), ada)

    assert invite(ada).is_pending
