"""Which email goes next: one that somebody waits for, before the mass."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import Person, add_users, apply_to_each, send_password_link
from invitations.actions import invite_many, invite_user
from invitations.jobs import reminder_job
from invitations.models import Invitation
from mail import delivery
from mail.actions import send_all_again, send_letter_again
from mail.models import Message
from mail.outbox import bulk_mail, queue_letter, queue_letters

pytestmark = pytest.mark.django_db
State, Priority = Message.State, Message.Priority
WEEK = timedelta(days=7)


@pytest.fixture
def queue_bulk(plain_letter):
    def queue(number):
        recipients = [(f"bulk{index}@example.org", uuid4()) for index in range(number)]
        with bulk_mail():
            queue_letters(plain_letter, recipients=recipients)

    return queue


def priorities() -> Counter:
    return Counter(Message.objects.values_list("priority", flat=True))


def test_a_password_link_goes_before_five_thousand_of_an_import(mail_server, queue_bulk, ben):
    queue_bulk(5000)
    send_password_link(user=ben, by=None)

    delivery.deliver_due(limit=3)

    assert mail_server.recipients == [ben.email, "bulk0@example.org", "bulk1@example.org"]


def test_a_password_link_queued_in_the_middle_of_a_batch_goes_next(mail_server, queue_bulk, queue):
    queue_bulk(50)

    def queue_after_five():
        if len(mail_server.letters) == 5:
            queue()
        return False

    delivery.deliver_due(limit=8, stop=queue_after_five)

    assert mail_server.recipients.index("chen@example.org") == 5


def test_under_a_rate_the_next_turn_belongs_to_the_single_one(
    mail_server, queue_bulk, queue, settings
):
    settings.MAIL_PAUSE = timedelta(seconds=0.3)
    queue_bulk(20)
    queued = []

    def queue_while_waiting():
        # Asked again and again while the sender waits for its turn.
        if len(mail_server.letters) == 2 and not queued:
            queued.append(queue())
        return False

    delivery.deliver_due(limit=4, stop=queue_while_waiting)

    assert mail_server.recipients == [
        "bulk0@example.org",
        "bulk1@example.org",
        "chen@example.org",
        "bulk2@example.org",
    ]


def test_emails_of_one_priority_leave_in_the_order_they_were_queued(mail_server, queue):
    with bulk_mail():
        queue("first@bulk.example")
    for number in range(3):
        queue(f"single{number}@example.org")

    delivery.deliver_due()

    assert mail_server.recipients == [
        "single0@example.org",
        "single1@example.org",
        "single2@example.org",
        "first@bulk.example",
    ]


def test_bulk_that_waited_long_gets_every_tenth_turn(mail_server, queue_bulk, queue):
    queue_bulk(3)
    Message.objects.update(not_before=timezone.now() - timedelta(minutes=6))
    for number in range(30):
        queue(f"single{number}@example.org")

    delivery.deliver_due()

    places = [i for i, to in enumerate(mail_server.recipients) if to.startswith("bulk")]
    assert places == [9, 19, 29]


def test_fresh_bulk_waits_for_all_single_ones(mail_server, queue_bulk, queue):
    queue_bulk(1)
    for number in range(30):
        queue(f"single{number}@example.org")

    delivery.deliver_due()

    assert mail_server.recipients[-1] == "bulk0@example.org"


def test_what_a_dead_sender_left_goes_first_even_if_bulk(mail_server, queue_bulk, queue):
    queue_bulk(1)
    queue()
    past = timezone.now() - timedelta(seconds=1)
    Message.objects.filter(priority=Priority.BULK).update(state=State.SENDING, leased_until=past)

    delivery.deliver_due()

    assert mail_server.recipients == ["bulk0@example.org", "chen@example.org"]


# --- Who is bulk ------------------------------------------------------------------------------


def test_many_at_once_are_bulk_and_one_is_not(ada):
    people = [Person(email=f"p{n}@x.example", first_name="P", last_name="Q") for n in range(6)]
    invite_many(people=people[:2], by=ada, validity=WEEK)
    assert priorities() == {Priority.BULK: 2}
    add_users(people=people[2:4], by=ada)
    assert priorities() == {Priority.BULK: 4}

    invite_many(people=people[4:5], by=ada, validity=WEEK)
    invite_user(email="one@x.example", first_name="O", last_name="E", validity=WEEK, by=ada)

    assert priorities() == {Priority.BULK: 4, Priority.SINGLE: 2}


def test_what_is_done_to_many_in_the_console_is_bulk_and_to_one_is_not(ada, ben):
    def write(user):
        queue_letter("welcome", to=user.email, reference=user.public_id)

    apply_to_each([ben], write)
    apply_to_each([ada, ben], write)

    assert priorities() == {Priority.SINGLE: 1, Priority.BULK: 2}


def test_reminders_are_bulk(ada):
    invite_user(email="one@x.example", first_name="O", last_name="E", validity=WEEK, by=ada)
    Message.objects.update(state=State.SENT, sent_at=timezone.now() - timedelta(days=3))
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=3))

    reminder_job.run(lambda: False)

    assert Message.objects.filter(kind="invitation_reminder").exists()
    assert priorities() == {Priority.SINGLE: 1, Priority.BULK: 1}


def test_sent_again_by_hand_is_single_and_all_at_once_is_bulk(ada, queue):
    queue()
    with bulk_mail():
        pressed = queue()
    Message.objects.update(state=State.FAILED)

    send_letter_again(message=pressed, by=ada)
    send_all_again(state=State.FAILED, by=ada)

    assert priorities() == {Priority.SINGLE: 1, Priority.BULK: 1}
    pressed.refresh_from_db()
    assert pressed.priority == Priority.SINGLE


def test_bulk_ends_with_its_block(queue):
    with pytest.raises(RuntimeError), bulk_mail():
        raise RuntimeError
    queue()

    assert priorities() == {Priority.SINGLE: 1}


# --- The index --------------------------------------------------------------------------------


def test_each_look_is_answered_in_the_order_of_an_index():
    """Not by reading all that wait, and never what was sent: exactly the statements of a look."""
    with CaptureQueriesContext(connection) as captured:
        assert delivery.deliver_due() == {}
    looks = [query["sql"] for query in captured]
    assert len(looks) == 3

    plans = [explain(sql) for sql in looks]
    # The few that are being sent are put in order after they are found.
    assert "mail_by_state" in plans[0]
    for plan in plans[1:]:
        assert "mail_queued" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def explain(sql) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The table of a test is too small to bother.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(prefix + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
