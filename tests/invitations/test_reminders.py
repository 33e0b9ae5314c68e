"""Reminders of invitations that nobody answered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as people
from audit.models import Event
from base.jobs import all_jobs
from invitations import actions
from invitations.actions import remind_invited
from invitations.jobs import reminder_job
from invitations.models import Invitation
from mail import delivery
from mail.models import Message
from service.models import Service
from tests.factories import AdministratorFactory, InvitationFactory, UserFactory
from tests.invitations.test_actions import accept, invite, letters_about
from tests.racing import race

pytestmark = pytest.mark.django_db
State = Message.State
START = "2026-11-02 09:00Z"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def sent(ada):
    """Invites somebody; the mail server took the letter."""

    def invite_one(by=ada, **changes):
        invitation = invite(by, **changes)
        Message.objects.filter(reference=invitation.public_id).update(
            state=State.SENT, sent_at=timezone.now()
        )
        return invitation

    return invite_one


def days(number):
    return timedelta(days=number)


def reminders_of(invitation):
    return Message.objects.filter(
        kind="invitation_reminder", reference=invitation.public_id
    ).count()


def deliver():
    """Whatever waits is taken by the mail server."""
    Message.objects.filter(state=State.QUEUED).update(state=State.SENT, sent_at=timezone.now())


def test_an_unanswered_invitation_is_reminded_after_2_and_5_days(sent, clock):
    invitation = sent()
    seen = []
    for _hour in range(24 * 8):
        clock.shift(timedelta(hours=1))
        if remind_invited():
            seen.append(timezone.now())
            deliver()

    begin = invitation.sent_at
    assert [moment - begin for moment in seen] == [days(2), days(5)]
    invitation.refresh_from_db()
    assert (invitation.reminders_sent, invitation.reminded_at) == (2, begin + days(5))
    assert Event.objects.filter(action="invitation.reminded", actor_id=None).count() == 2


def test_a_reminder_carries_the_same_link_and_voids_nothing(sent, clock, mail_server):
    invitation = sent()
    token = actions.token_of(invitation)
    clock.shift(days(2))
    remind_invited()

    delivery.deliver_due()

    [letter] = mail_server.letters
    assert f"/invitations/{token}/" in letter.get_body(("plain",)).get_content()
    assert letter["To"] == invitation.email
    assert letter["Subject"] == "Your invitation to Harbour APIs is still open"
    assert accept(invitation).is_active


def test_a_reminder_does_not_suppress_a_letter_sent_again_and_the_other_way_round(
    sent, clock, mail_server, ada
):
    invitation = sent()
    clock.shift(days(2))
    remind_invited()

    actions.resend_invitation(invitation=invitation, by=ada)
    delivery.deliver_due()

    assert letters_about(invitation) == [
        ("invitation", "sent"),
        ("invitation_reminder", "cancelled"),
        ("invitation", "sent"),
    ]
    assert len(mail_server.letters) == 1


def test_an_invitation_sent_again_is_counted_from_then_on(sent, clock, ada):
    invitation = sent()
    clock.shift(days(2))
    remind_invited()
    clock.shift(days(1))
    actions.resend_invitation(invitation=invitation, by=ada)
    deliver()

    clock.shift(days(1.9))
    assert remind_invited() == 0
    clock.shift(days(0.1))
    assert remind_invited() == 1


@pytest.mark.parametrize("end", ["accept", "decline", "revoke", "expire"])
def test_nobody_is_reminded_of_what_is_over(sent, clock, ada, end):
    invitation = sent(validity=days(3))
    if end == "accept":
        accept(invitation)
    elif end == "decline":
        actions.decline_invitation(invitation=invitation)
    elif end == "revoke":
        actions.revoke_invitation(invitation=invitation, by=ada)
    clock.shift(days(4) if end == "expire" else days(2))

    assert remind_invited() == 0


def test_nobody_is_reminded_by_a_sender_who_may_not_invite(sent, clock, ada, administrators_role):
    chen, dara = AdministratorFactory(), AdministratorFactory()
    sent(chen, email="a@example.org")
    sent(dara, email="b@example.org")
    people.block_user(user=chen, by=ada)
    people.remove_role(user=dara, role=administrators_role, by=ada)
    clock.shift(days(2))

    assert remind_invited() == 0


def test_nobody_is_reminded_who_has_an_account_by_now(sent, clock, ada):
    invitation = sent()
    UserFactory(email=invitation.email)
    clock.shift(days(3))

    assert remind_invited() == 0


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED, State.QUEUED, State.HELD])
def test_nobody_is_reminded_of_a_letter_that_did_not_arrive(sent, clock, state):
    sent()
    Message.objects.update(state=state)
    clock.shift(days(2))

    assert remind_invited() == 0


def test_nobody_is_reminded_after_a_complaint(sent, clock):
    sent()
    Message.objects.update(complained_at=timezone.now())
    clock.shift(days(2))

    assert remind_invited() == 0


def test_a_reminder_that_came_back_is_the_last(sent, clock):
    invitation = sent()
    clock.shift(days(2))
    remind_invited()
    Message.objects.filter(kind="invitation_reminder").update(state=State.BOUNCED)
    clock.shift(days(3))

    assert remind_invited() == 0
    assert Invitation.objects.with_failed_letter().get() == invitation


def test_a_reminder_that_was_not_wanted_for_an_hour_is_not_the_last(sent, clock):
    sent()
    clock.shift(days(2))
    remind_invited()
    Message.objects.filter(kind="invitation_reminder").update(state=State.CANCELLED)
    clock.shift(days(3))

    assert remind_invited() == 1


def test_nobody_is_reminded_in_the_last_twelve_hours(sent, clock):
    sent(validity=days(2.5))
    sent(validity=timedelta(days=2, hours=12, minutes=1), email="longer@example.org")
    clock.shift(days(2))

    assert remind_invited() == 1
    assert Message.objects.get(kind="invitation_reminder").to == "longer@example.org"


def test_days_that_passed_unnoticed_are_made_up_for_once(sent, clock):
    """The service stood still for a week."""
    invitation = sent(validity=days(30))
    clock.shift(days(6))

    assert remind_invited() == 1
    deliver()
    for _day in range(10):
        clock.shift(days(1))
        assert remind_invited() == 0
    assert reminders_of(invitation) == 1


def test_reminders_are_a_day_apart_though_one_was_late(sent, clock):
    sent()
    clock.shift(days(4.5))
    assert remind_invited() == 1
    deliver()

    clock.shift(days(0.6))
    assert remind_invited() == 0
    clock.shift(days(0.5))
    assert remind_invited() == 1


@pytest.mark.parametrize(
    ("wanted", "expected"), [([], []), ([1], [1]), ([1, 2, 3], [1, 2, 3]), ([4], [4])]
)
def test_the_days_are_the_settings(sent, clock, wanted, expected):
    Service.objects.create(pk=1, reminder_days=wanted)
    sent(validity=days(30))
    found = []
    for day in range(1, 8):
        clock.shift(days(1))
        found += [day] * remind_invited()
        deliver()

    assert found == expected


def test_nobody_is_reminded_while_mail_is_off(sent, clock, settings):
    sent()
    clock.shift(days(2))
    settings.MAIL_IS_OFF = True

    assert remind_invited() == 0


def test_the_language_of_the_reminder_is_the_persons(sent, clock):
    sent(language="de")
    clock.shift(days(2))
    remind_invited()

    assert Message.objects.get(kind="invitation_reminder").language == "de"


def test_many_are_reminded_piece_by_piece_the_longest_waiting_first(sent, clock, ada):
    for number in range(5):
        sent(email=f"guest{number}@example.org")
        clock.shift(timedelta(minutes=1))
    clock.shift(days(2))

    assert [remind_invited(limit=2) for _piece in range(4)] == [2, 2, 1, 0]
    found = Message.objects.filter(kind="invitation_reminder").order_by("pk")
    assert [letter.to for letter in found] == [f"guest{number}@example.org" for number in range(5)]


def test_looking_takes_two_queries_however_many_are_pending(ada, django_assert_num_queries):
    InvitationFactory.create_batch(20, sender=ada)

    with django_assert_num_queries(2 + 2):  # And the savepoint around them.
        assert remind_invited() == 0


def test_the_job_looks_every_minute_and_ends_when_told(sent, clock):
    sent()
    clock.shift(days(2))

    assert reminder_job.run(lambda: True).pause == 60
    assert not Message.objects.filter(kind="invitation_reminder").exists()
    assert reminder_job.run(lambda: False) == (60, "1 reminded")
    assert Message.objects.filter(kind="invitation_reminder").count() == 1
    assert reminder_job in all_jobs()


@pytest.mark.django_db(transaction=True)
def test_many_processes_remind_each_person_once(ada):
    invitations = InvitationFactory.create_batch(
        12, sender=ada, sent_at=timezone.now() - days(2), expires_at=timezone.now() + days(5)
    )
    Message.objects.bulk_create(
        Message(
            kind="invitation",
            to=invitation.email,
            reference=invitation.public_id,
            message_id=f"<{invitation.pk}@example.org>",
            state=State.SENT,
        )
        for invitation in invitations
    )

    outcomes = race(*[lambda: remind_invited(limit=12)] * 5)

    assert sum(outcomes) == 12, outcomes
    assert {reminders_of(invitation) for invitation in invitations} == {1}


@pytest.mark.django_db(transaction=True)
def test_reminding_and_accepting_at_once_leave_no_letter_to_a_user(ada, sent, clock):
    clock.move_to(timezone.now(), tick=True)
    for number in range(5):
        invitation = sent(email=f"guest{number}@example.org")
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now() - days(2))
        invitation.refresh_from_db()

        outcomes = race(lambda made=invitation: accept(made), remind_invited)

        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        delivery.deliver_due()
        assert not Message.objects.filter(
            kind="invitation_reminder", to=invitation.email, state=State.SENT
        ).exists()
