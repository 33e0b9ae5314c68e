"""Letters that are no longer wanted when their turn comes are not sent."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import activate_user, block_user, send_password_link, set_password
from invitations.actions import resend_invitation, revoke_invitation
from mail import delivery
from mail.models import Message
from mail.outbox import queue_letter
from tests.factories import InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db
State = Message.State


def invite(ada, **facts):
    invitation = InvitationFactory(sender=ada, email="sofia@example.org", **facts)
    queue_letter("invitation", to=invitation.email, reference=invitation.public_id)
    return invitation


def test_wanted_invitation_is_sent(mail_server, ada):
    invite(ada)

    assert delivery.deliver_due() == Counter(sent=1)


def test_revoked_invitation_cancels_its_waiting_letter(mail_server, ada):
    revoke_invitation(invitation=invite(ada), by=ada)

    assert delivery.deliver_due() == Counter()
    assert Message.objects.get().what_happened == "Not sent: it was stopped or no longer wanted."


def test_invitation_revoked_while_its_letter_waits_for_a_retry_is_cancelled(mail_server, ada):
    invitation = invite(ada)
    # Claimed by a sender that died: revoking cannot withdraw it, delivery has to look.
    delivery._claim(Message.objects.get())
    revoke_invitation(invitation=invitation, by=ada)
    Message.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert delivery.deliver_due() == Counter(cancelled=1)
    assert mail_server.letters == []


def test_an_invitation_of_somebody_who_has_an_account_by_now_is_cancelled(mail_server, ada):
    UserFactory(email=invite(ada).email)

    assert delivery.deliver_due() == Counter(cancelled=1)


def test_expired_invitation_is_cancelled(mail_server, ada):
    invite(ada, expires_at=timezone.now() - timedelta(seconds=1))

    assert delivery.deliver_due() == Counter(cancelled=1)


def test_invitation_of_a_blocked_sender_is_cancelled(mail_server, ada, chen_administrator):
    invite(ada)
    block_user(user=ada, by=chen_administrator)

    assert delivery.deliver_due() == Counter(cancelled=1)


def test_resent_invitation_sends_one_letter_with_the_new_link(mail_server, ada):
    resend_invitation(invitation=invite(ada), by=ada)

    assert delivery.deliver_due() == Counter(sent=1)
    assert Message.objects.filter(state=State.CANCELLED).count() == 1


def test_links_asked_for_again_and_again_leave_in_one_letter(mail_server, ben):
    for _number in range(3):
        send_password_link(user=ben, by=None)

    assert delivery.deliver_due() == Counter(cancelled=2, sent=1)

    [newest] = Message.objects.filter(state=State.SENT)
    assert newest.pk == Message.objects.about(ben.public_id).first().pk


@pytest.mark.parametrize("kind", ["welcome", "password_link", "account_activated"])
def test_no_letter_goes_to_an_address_that_a_person_no_longer_has(mail_server, ben, kind):
    send_password_link(user=ben, by=None)
    Message.objects.update(kind=kind)
    ben.email = "ben.okafor@example.org"
    ben.save()

    assert delivery.deliver_due() == Counter(cancelled=1)
    assert mail_server.letters == []


def test_news_without_a_link_leave_in_as_many_letters_as_there_are_news(mail_server, ada, ben):
    for password in ["wobbly harbour seal 42 kite", "granite teapot 17 lantern"]:
        set_password(user=ben, password=password, by=ada)

    assert delivery.deliver_due() == Counter(sent=2)


def test_password_link_of_a_blocked_person_is_cancelled(mail_server, ada, ben):
    send_password_link(user=ben, by=ada)
    block_user(user=ben, by=ada)

    assert delivery.deliver_due() == Counter(cancelled=1)


def test_letter_about_a_block_that_is_over_is_cancelled(mail_server, ada, ben):
    block_user(user=ben, by=ada, tell=True)
    activate_user(user=ben, by=ada)

    assert delivery.deliver_due() == Counter(cancelled=1)


def test_letter_to_a_deleted_person_is_cancelled(mail_server, ada, ben):
    activate_user(user=block_user(user=ben, by=ada), by=ada, tell=True)
    ben.delete()

    assert delivery.deliver_due() == Counter(cancelled=1)
