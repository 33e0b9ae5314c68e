"""Senders are told of invitations that ended unused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as people
from invitations import actions
from invitations.actions import tell_of_unused
from invitations.jobs import reminder_job
from invitations.models import Invitation
from mail.models import Message
from mail.rendering import render
from service.models import Service
from tests.factories import AdministratorFactory, InvitationFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ended(sender, ago=2 * HOUR, **facts):
    return InvitationFactory(sender=sender, expires_at=timezone.now() - ago, **facts)


def told():
    """Whom, and how many of each."""
    letters = Message.objects.filter(kind="invitations_unused").order_by("pk")
    return [(letter.to, letter.data["count"]) for letter in letters]


def test_each_sender_gets_one_letter_with_their_own(ada):
    chen = AdministratorFactory(email="chen@example.org", language="de")
    mine = ended(ada, first_name="Sofia", last_name="Brandt", email="sofia@kelpworks.example")
    ended(ada, ago=3 * HOUR)
    ended(chen)

    assert tell_of_unused() == 2

    assert told() == [("ada@example.org", 2), ("chen@example.org", 1)]
    letter, german = Message.objects.order_by("pk")
    assert (letter.reference, letter.language, german.language) == (ada.public_id, "en", "de")
    mail = render(letter)
    assert mail.subject == "2 invitations to Harbour APIs ended unused"
    assert "\nSofia Brandt <sofia@kelpworks.example>, " in mail.body
    assert " Uhr" in render(german).body
    assert "/console/invitations/?state=expired" in mail.body
    assert "/invitations/" + actions.token_of(mine) not in mail.body
    assert Invitation.objects.filter(unused_told_at=None).count() == 0


def test_nobody_is_told_twice_and_once_a_day_at_most(ada, time_machine):
    time_machine.move_to("2026-11-02 09:00Z", tick=False)
    ended(ada)
    assert tell_of_unused() == 1
    assert tell_of_unused() == 0

    time_machine.shift(3 * HOUR)
    ended(ada)
    ended(ada)
    assert tell_of_unused() == 0
    time_machine.shift(DAY - 3 * HOUR)
    assert tell_of_unused() == 1

    assert told() == [("ada@example.org", 1), ("ada@example.org", 2)]


def test_what_ends_together_is_told_together(ada, time_machine):
    time_machine.move_to("2026-11-02 09:00Z", tick=False)
    ended(ada, ago=timedelta(0))
    assert tell_of_unused() == 0

    time_machine.shift(timedelta(minutes=50))
    ended(ada, ago=timedelta(0))
    assert tell_of_unused() == 0
    time_machine.shift(timedelta(minutes=10))

    assert tell_of_unused() == 1
    assert told() == [("ada@example.org", 2)]


def test_only_what_ended_unanswered_and_lately_is_told(ada):
    now = timezone.now()
    InvitationFactory(sender=ada)
    ended(ada, accepted_at=now)
    ended(ada, declined_at=now)
    ended(ada, revoked_at=now)
    ended(ada, ago=7 * DAY)

    assert tell_of_unused() == 0


@pytest.mark.parametrize("end", ["block", "demote", "delete"])
def test_every_administrator_is_told_of_those_who_lost_their_sender(ada, administrators_role, end):
    chen, dara = AdministratorFactory(), AdministratorFactory(email="dara@example.org")
    ended(chen)
    ended(dara)
    if end == "block":
        people.block_user(user=chen, by=ada)
    elif end == "demote":
        people.remove_role(user=chen, role=administrators_role, by=ada)
    else:
        people.delete_user(user=chen, by=ada)

    assert tell_of_unused() == 2

    assert told() == [("ada@example.org", 1), ("dara@example.org", 2)]


def test_a_reader_who_was_told_today_waits_and_the_others_do_not(ada, time_machine):
    time_machine.move_to("2026-11-02 09:00Z", tick=False)
    ended(ada)
    tell_of_unused()
    AdministratorFactory(email="dara@example.org")
    chen = AdministratorFactory()
    ended(chen)
    people.block_user(user=chen, by=ada)

    assert tell_of_unused() == 1

    assert told()[1:] == [("dara@example.org", 1)]


def test_a_setting_switches_the_letters_off(ada):
    Service.objects.create(pk=1, tell_unused=False)
    ended(ada)

    assert tell_of_unused() == 0
    assert Invitation.objects.get().unused_told_at is None


def test_nobody_is_told_while_mail_is_off(ada, settings):
    settings.MAIL_IS_OFF = True
    ended(ada)

    assert tell_of_unused() == 0


def test_an_invitation_that_lives_again_is_told_of_again(ada, time_machine):
    time_machine.move_to("2026-11-02 09:00Z", tick=False)
    invitation = ended(ada, validity=2 * DAY)
    tell_of_unused()
    actions.resend_invitation(invitation=invitation, by=ada)
    time_machine.shift(2 * DAY + HOUR)

    assert tell_of_unused() == 1


def test_ten_thousand_make_one_letter_with_twenty_names(ada):
    now = timezone.now()
    InvitationFactory(sender=ada, email="first@example.org", expires_at=now - 3 * HOUR)
    Invitation.objects.bulk_create(
        Invitation(
            email=f"guest{number}@example.org",
            first_name="Guest",
            last_name=str(number),
            sender=ada,
            sender_name=ada.full_name,
            validity=DAY,
            expires_at=now - 2 * HOUR,
            nonce=str(number),
            digest=str(number),
        )
        for number in range(9_999)
    )

    assert tell_of_unused() == 1

    letter = Message.objects.get()
    assert letter.data["count"] == 10_000
    mail = render(letter)
    assert mail.subject == "10000 invitations to Harbour APIs ended unused"
    assert mail.body.count("@example.org>") == 20
    assert "<first@example.org>" in mail.body
    assert "and 9980 more." in mail.body
    assert not Invitation.objects.filter(unused_told_at=None).exists()


# --- What became of them until the letter leaves ------------------------------------------------


def test_the_letter_leaves_out_what_was_sent_again_meanwhile(ada):
    first, second = ended(ada), ended(ada)
    tell_of_unused()
    actions.resend_invitation(invitation=first, by=ada)
    letter = Message.objects.get(kind="invitations_unused")

    mail = render(letter)
    assert mail.subject == "An invitation to Harbour APIs ended unused"
    assert first.email not in mail.body
    assert second.email in mail.body

    actions.revoke_invitation(invitation=second, by=ada)
    assert render(letter) is None


def test_the_letter_is_not_wanted_by_somebody_who_lost_the_right(ada, administrators_role):
    chen = AdministratorFactory()
    ended(chen)
    tell_of_unused()
    people.remove_role(user=chen, role=administrators_role, by=ada)

    assert render(Message.objects.get()) is None


def test_the_job_tells_too(ada):
    ended(ada)

    reminder_job.run(lambda: False)

    assert told() == [("ada@example.org", 1)]


@pytest.mark.django_db(transaction=True)
def test_many_processes_tell_each_sender_once(ada):
    chen = AdministratorFactory(email="chen@example.org")
    for sender in (ada, ada, chen):
        ended(sender)

    outcomes = race(*[tell_of_unused] * 5)

    assert sum(outcomes) == 2, outcomes
    assert sorted(told()) == [("ada@example.org", 2), ("chen@example.org", 1)]
