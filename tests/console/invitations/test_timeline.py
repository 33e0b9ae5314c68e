"""What list and page tell of a letter and a link, and the way to the right address."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from invitations import actions
from invitations.models import Invitation
from mail.models import Message, Report
from tests.conftest import sign_in
from tests.console.invitations.test_invitations import HTMX, SOFIA, address, text_of
from tests.factories import InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/console/invitations/"
QUEUED = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
REFUSAL = "550 5.1.1 The email account that you tried to reach does not exist."


def minutes(number):
    return QUEUED + timedelta(minutes=number)


@pytest.fixture
def sofia(ada, time_machine):
    """Invited at twelve; it is two in the afternoon."""
    time_machine.move_to(QUEUED, tick=False)
    invitation = actions.invite_user(**SOFIA, by=ada, validity=timedelta(days=7))
    time_machine.move_to(QUEUED + timedelta(hours=2))
    return invitation


@pytest.fixture
def console(sofia, ada):
    """Signed in at that time: a console left alone for two hours asks for the password."""
    return sign_in(ada)


@pytest.fixture
def letter(sofia):
    """Changes Sofia's letter, and notes reports about it."""

    def change(*reports, **facts):
        Message.objects.filter(reference=sofia.public_id).update(**facts)
        message = Message.objects.get(reference=sofia.public_id)
        for number, (kind, at, answer) in enumerate(reports):
            Report.objects.create(
                message=message, provider="T", event_id=number, kind=kind, at=at, answer=answer
            )
        return message

    return change


def steps(console, sofia):
    return [step.label for step in console.get(address(sofia)).context["steps"]]


def cell(console, sofia):
    return text_of(console.get(address(sofia, "letter/")))


def test_a_letter_that_arrived_is_told_step_by_step(console, sofia, letter):
    letter(
        ("deferred", minutes(2), "450 Greylisted, try again"),
        ("opened", minutes(9), ""),
        ("delivered", minutes(6), "250 2.0.0 OK"),
        state="sent",
        sent_at=minutes(1),
        answer="250 2.0.0 queued as 4F2",
        delivered_at=minutes(6),
        opened_at=minutes(9),
    )
    Invitation.objects.update(opened_at=minutes(10))

    assert steps(console, sofia) == [
        "Letter queued",
        "Handed over to the mail server",
        "The receiving server asked to wait",
        "Delivered to the mailbox",
        "Opened by the reader",
        "Link opened",
        "Waiting for an answer",
    ]
    page = text_of(console.get(address(sofia)))
    for words in [
        "250 2.0.0 queued as 4F2",
        "450 Greylisted, try again",
        "250 2.0.0 OK",
        "By the reader, or by a mail scanner: these fetch links too.",
    ]:
        assert words in page
    assert cell(console, sofia) == "Opened link opened 1 hour ago"


@pytest.mark.parametrize(
    "backend", ["django_mail_preview.backends", "django.core.mail.backends.filebased"]
)
def test_a_letter_that_stays_here_was_not_handed_over(console, sofia, letter, settings, backend):
    settings.MAILERS = {"default": {"BACKEND": f"{backend}.EmailBackend"}}
    letter(state="sent", sent_at=minutes(1))

    assert steps(console, sofia) == [
        "Letter queued",
        "Kept in the local inbox",
        "Waiting for an answer",
    ]


def test_an_accepted_invitation_ends_with_its_answer(console, sofia, letter):
    letter(state="sent", sent_at=minutes(1))
    Invitation.objects.update(opened_at=minutes(3), accepted_at=minutes(5))

    assert steps(console, sofia)[-2:] == ["Link opened", "Accepted"]


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ({"declined_at": minutes(5)}, "Declined"),
        ({"revoked_at": minutes(5)}, "Revoked"),
        ({"expires_at": minutes(5)}, "Ended unused"),
    ],
)
def test_every_end_has_its_step(console, sofia, letter, facts, last):
    letter(state="sent", sent_at=minutes(1))
    Invitation.objects.update(**facts)

    assert steps(console, sofia)[-1] == last


@pytest.mark.parametrize(
    ("facts", "step", "in_list"),
    [
        (
            {"state": "failed", "first_tried_at": minutes(1), "answer": REFUSAL},
            "Refused",
            f"Failed The mail server refused it: {REFUSAL}",
        ),
        (
            {"state": "queued", "first_tried_at": minutes(1), "answer": "Connection refused"},
            "Deferred: tried again by itself",
            "Not delivered yet Will be tried again at",
        ),
        ({"state": "held"}, "Held back: mail is off", "Held back"),
        ({"state": "sent", "sent_at": minutes(1)}, "Handed over to the mail server", "Sent"),
        (
            {"state": "sent", "sent_at": minutes(1), "delivered_at": minutes(2)},
            "Handed over to the mail server",
            "Delivered",
        ),
    ],
)
def test_each_fate_is_told_in_list_and_page(console, sofia, letter, facts, step, in_list):
    letter(**facts)

    assert step in steps(console, sofia)
    assert cell(console, sofia).startswith(in_list)


def test_a_letter_that_came_back_offers_to_correct_the_address(console, sofia, letter):
    letter(
        ("bounced", minutes(3), REFUSAL),
        state="bounced",
        sent_at=minutes(1),
        bounced_at=minutes(3),
        answer=REFUSAL,
    )

    page = console.get(address(sofia))

    assert "The letter to sofia@kelpworks.example came back." in text_of(page)
    assert f"It came back: {REFUSAL}" in text_of(page)
    assert address(sofia, "address/") in page.content.decode()
    # Its words are the refusal's now, not those it was taken with.
    assert [step.words for step in page.context["steps"][1:3]] == ["", REFUSAL]
    assert cell(console, sofia) == f"Bounced It came back: {REFUSAL}"
    assert "Sofia" in text_of(console.get(LIST, {"letter": "failed"}))


def test_a_complaint_is_told_and_ends_the_reminders(console, sofia, letter):
    letter(
        ("complained", minutes(3), ""),
        state="sent",
        sent_at=minutes(1),
        complained_at=minutes(3),
    )

    page = text_of(console.get(address(sofia)))

    assert "Whoever reads sofia@kelpworks.example marked the letter as spam." in page
    assert "They get no reminder." in page
    assert cell(console, sofia) == "Marked as spam"


def test_a_held_letter_is_said_to_be_held(console, sofia, letter):
    letter(state="held")

    page = text_of(console.get(address(sofia)))

    assert "is held back, because mail is off." in page
    assert "The letter can be sent later from the outbox." in page


def test_an_invitation_without_a_letter_has_its_link_alone(console, ada):
    invitation = InvitationFactory(sender=ada)

    assert steps(console, invitation) == ["Waiting for an answer"]


def test_a_reminder_is_the_letter_told_of_and_the_page_says_when(console, sofia, letter):
    letter(state="sent", sent_at=minutes(1), delivered_at=minutes(2))
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=2))
    actions.remind_invited()

    page = text_of(console.get(address(sofia)))

    assert "Reminded 25 Nov 2026, 14:00 UTC" in page
    assert "Sofia Brandt was reminded of the invitation" in page
    assert cell(console, sofia) == "Queued"


def test_the_page_costs_the_same_for_any_number_of_reports(
    console, sofia, letter, django_assert_num_queries, django_assert_max_num_queries
):
    letter(("deferred", minutes(2), ""), state="sent", sent_at=minutes(1))
    console.get(address(sofia))
    with django_assert_max_num_queries(17) as one:
        console.get(address(sofia))
    for number in range(3, 6):
        Report.objects.create(
            message=Message.objects.get(),
            provider="T",
            event_id=f"more {number}",
            kind="deferred",
            at=minutes(number),
        )

    with django_assert_num_queries(len(one)):
        console.get(address(sofia))


# --- Correct the address ----------------------------------------------------------------------


def test_correct_shows_the_address_as_page_and_as_dialog(console, sofia):
    page = console.get(address(sofia, "address/"))
    dialog = console.get(address(sofia, "address/"), headers=HTMX)

    assert b"<html" in page.content
    assert b"<html" not in dialog.content
    for response in (page, dialog):
        assert 'value="sofia@kelpworks.example"' in response.content.decode()
        assert "Whoever has it reads that the invitation was withdrawn" in text_of(response)


def test_correct_sends_it_to_the_right_address_and_says_so(console, sofia, ada):
    back = "/console/invitations/?state=pending"
    path = address(sofia, "address/") + "?next=%2Fconsole%2Finvitations%2F%3Fstate%3Dpending"

    response = console.post(path, {"email": "Sofia@Quarry.example"}, follow=True)

    sofia.refresh_from_db()
    assert (sofia.email, sofia.sender) == ("sofia@quarry.example", ada)
    assert response.redirect_chain == [(back, 302)]
    assert "The invitation of Sofia Brandt goes to sofia@quarry.example now." in text_of(response)
    history = text_of(console.get(address(sofia)))
    assert "corrected the address of the invitation to Sofia Brandt" in history
    assert "sofia@kelpworks.example → sofia@quarry.example" in history
    assert not User.objects.filter(email="sofia@quarry.example").exists()


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nope", "Enter a valid email address"),
        ("", "Enter an email address."),
        ("ben@example.org", "A developer with this email address already exists."),
        ("hana@quarry.tools", "already has this email address and is blocked."),
        ("omar@example.org", "This address already has an invitation"),
    ],
)
def test_correct_refuses_as_inviting_does(console, sofia, ada, ben, email, sentence):
    UserFactory(email="hana@quarry.tools", blocked=True)
    InvitationFactory(sender=ada, email="omar@example.org")

    response = console.post(address(sofia, "address/"), {"email": email})

    assert response.status_code == 422
    assert sentence in text_of(response)
    sofia.refresh_from_db()
    assert sofia.email == "sofia@kelpworks.example"


def test_correct_of_an_answered_invitation_is_refused(console, ada):
    invitation = InvitationFactory(sender=ada, accepted_at=timezone.now())

    page = console.get(address(invitation, "address/"))
    response = console.post(address(invitation, "address/"), {"email": "a@example.org"})

    assert "Correct and send" not in text_of(page)
    assert response.status_code == 422
    assert "This invitation can no longer be used." in text_of(response)


def test_correct_is_for_administrators(portal, client, sofia):
    for method in ("get", "post"):
        assert getattr(portal, method)(address(sofia, "address/")).status_code == 403
        assert getattr(client, method)(address(sofia, "address/")).status_code == 302
    assert not Event.objects.filter(action="invitation.address_corrected").exists()
