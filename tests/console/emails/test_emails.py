"""The outbox in the console."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import Event
from mail.models import Message, Outage, Report
from tests.factories import InvitationFactory

pytestmark = pytest.mark.django_db
State = Message.State
MAIL = "/console/mail/"


def letter(state=State.SENT, to="chen@example.org", **facts):
    facts = {"kind": "invitation", "reference": uuid4()} | facts
    return Message.objects.create(to=to, state=state, message_id=f"<{uuid4()}@x>", **facts)


def text_of(client, address=MAIL):
    return client.get(address).content.decode()


def test_without_letters_the_list_says_so(console):
    page = text_of(console)

    assert "No letter here" in page
    assert "None is waiting." in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(
    console, ada, number, django_assert_num_queries
):
    for _one in range(number):
        letter(reference=InvitationFactory(sender=ada).public_id)

    with django_assert_num_queries(15):
        page = text_of(console)

    assert page.count("chen@example.org</a>") == number


def test_each_state_has_its_tab_and_count(console):
    for state in [State.QUEUED, State.SENDING, State.SENT, State.FAILED, State.BOUNCED]:
        letter(state)
    letter(State.HELD)
    letter(State.CANCELLED)

    tabs = console.get(MAIL).context["tabs"]

    assert [(tab.words, tab.count.number) for tab in tabs] == [
        ("All", 7),
        ("Waiting", 2),
        ("Sent", 1),
        ("Failed", 1),
        ("Bounced", 1),
        ("Held back", 1),
        ("Cancelled", 1),
    ]
    waiting = console.get(f"{MAIL}?state=queued").context["rows"]
    assert {row.letter.state for row in waiting} == {State.QUEUED, State.SENDING}


def test_search_and_kind_are_in_the_address(console):
    letter(to="omar@quarry.example")
    welcome = letter(to="hana@solvi.example", kind="welcome")

    assert "hana@" not in text_of(console, f"{MAIL}?q=QUARRY")
    assert "omar@" not in text_of(console, f"{MAIL}?kind=welcome")
    assert "hana@" in text_of(console, f"{MAIL}?q={welcome.message_id}")
    assert "No letter matches" in text_of(console, f"{MAIL}?q=nobody")
    # What makes no sense narrows nothing.
    assert "omar@" in text_of(console, f"{MAIL}?state=lost&kind=poem&sort=colour")


def test_the_page_says_how_old_the_oldest_waiting_letter_is(console, ben):
    letter(State.QUEUED, created_at=timezone.now() - timedelta(hours=3))
    letter(State.QUEUED, not_before=timezone.now() + timedelta(days=1), created_at=timezone.now())

    assert "was written 3 hours ago" in text_of(console)
    overview = console.get("/console/").content.decode()
    assert "The oldest waiting letter was written 3 hours ago" in overview


def test_a_letter_has_a_page_with_what_server_and_provider_said(console, ada):
    invitation = InvitationFactory(sender=ada)
    message = letter(State.SENT, reference=invitation.public_id, answer="250 queued as 7F3")
    Report.objects.create(
        message=message, provider="postmark", event_id="1", kind="delivered", at=timezone.now()
    )

    page = text_of(console, f"{MAIL}{message.public_id}/")

    assert "250 queued as 7F3" in page
    assert "Delivered to the mailbox" in page
    assert f"/console/invitations/{invitation.public_id}/" in page


def test_an_unknown_letter_is_not_found(console):
    assert console.get(f"{MAIL}{uuid4()}/").status_code == 404


@pytest.mark.parametrize("state", [State.FAILED, State.BOUNCED, State.HELD, State.CANCELLED])
def test_a_letter_can_be_sent_again(console, state):
    message = letter(state, answer="550 no")

    response = console.post(f"{MAIL}{message.public_id}/send/")

    assert response.status_code == 302
    message.refresh_from_db()
    assert (message.state, message.answer) == (State.QUEUED, "")
    assert Event.objects.filter(action="letter.sent_again", subject_id=message.public_id).exists()


def test_what_was_sent_is_neither_sent_again_nor_stopped(console):
    message = letter(State.SENT)

    for verb in ("send", "cancel"):
        console.post(f"{MAIL}{message.public_id}/{verb}/")
        assert "This letter was sent already." in text_of(console)

    message.refresh_from_db()
    assert message.state == State.SENT


def test_a_waiting_letter_can_be_stopped(console):
    message = letter(State.QUEUED)

    console.post(f"{MAIL}{message.public_id}/cancel/?next={MAIL}")

    message.refresh_from_db()
    assert message.state == State.CANCELLED
    assert "is stopped. You can send it again." in text_of(console)


def test_bulk_names_what_was_skipped(console):
    failed, sent = letter(State.FAILED), letter(State.SENT, to="omar@quarry.example")

    console.post(f"{MAIL}bulk/", {"action": "send", "selected": [failed.public_id, sent.public_id]})

    page = text_of(console)
    assert "1 letter is on its way." in page
    assert "Skipped: omar@quarry.example: This letter was sent already." in page
    came_back = letter(State.BOUNCED, answer="550 no")
    console.post(
        f"{MAIL}bulk/", {"action": "cancel", "selected": [failed.public_id, came_back.public_id]}
    )
    page = text_of(console)
    assert "1 letter stopped." in page
    assert "This letter does not wait to be sent." in page


def test_bulk_without_a_choice_asks_for_one(console):
    console.post(f"{MAIL}bulk/", {"action": "send"})

    assert "Select at least one letter." in text_of(console)


@pytest.mark.parametrize("state", ["held", "failed"])
def test_all_held_or_failed_letters_leave_at_once(console, state):
    mine = [letter(state) for _one in range(3)]
    other = letter(State.CANCELLED)
    assert f"{MAIL}send/{state}/" in text_of(console, f"{MAIL}?state={state}")

    console.post(f"{MAIL}send/{state}/")

    assert "3 letters are on their way." in text_of(console)
    ids = [message.pk for message in mine]
    assert set(Message.objects.filter(pk__in=ids).values_list("state", flat=True)) == {"queued"}
    other.refresh_from_db()
    assert other.state == State.CANCELLED
    [event] = Event.objects.filter(action="letters.sent_again")
    assert event.data["count"] == 3


def test_while_mail_is_off_or_fails_nothing_is_said_to_be_on_its_way(console, ben, settings):
    held = letter(State.HELD)
    settings.MAIL_IS_OFF = True
    for address in [f"{held.public_id}/send/", "send/held/"]:
        console.post(f"{MAIL}{address}")
        assert "Mail is off. Name a mail server in APIM_MAIL_URL first" in text_of(console)

    settings.MAIL_IS_OFF = False
    Outage.objects.create(pk=1, answer="535 Authentication failed")

    console.post(f"{MAIL}send/held/")
    assert "1 letter waits, because no mail leaves at the moment." in text_of(console)
    page = text_of(console)
    assert "Mail does not leave right now (535 Authentication failed)" in page
    console.post(f"/console/developers/{ben.public_id}/password-link/")
    assert "waits for ben@example.org, because no mail leaves" in text_of(console)


def test_a_message_id_is_found_without_its_brackets(console):
    mine = letter(State.SENT)
    letter(State.SENT, to="omar@quarry.example")

    page = text_of(console, f"{MAIL}?q={mine.message_id.strip('<>')}")

    assert mine.to in page
    assert "omar@quarry.example" not in page


def test_get_changes_nothing(console):
    message = letter(State.FAILED)

    for address in (f"{message.public_id}/send/", "bulk/", "send/failed/"):
        assert console.get(f"{MAIL}{address}").status_code == 405
