"""Answering an invitation: what GET may do, what POST does, and every dead end."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import add_user, block_user, delete_user
from accounts.models import RoleAssignment, Session, User
from audit.models import Event
from invitations.actions import invite_user, resend_invitation, revoke_invitation
from invitations.models import Invitation
from mail.models import Message
from service.actions import edit_service
from tests.factories import AdministratorFactory, InvitationFactory, RoleFactory
from tests.portal.pages import NEW_PASSWORD, invitation_link, text_of
from tests.racing import race

pytestmark = pytest.mark.django_db

ANSWER = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}


@pytest.fixture
def invitation(ada) -> Invitation:
    return invite_user(
        email="sofia@example.org",
        first_name="Sofia",
        last_name="Brandt",
        roles=[RoleFactory(name="Partners")],
        message="The sandbox is ready for you.\nSee <you>.",
        validity=timedelta(days=7),
        by=ada,
    )


@pytest.fixture
def link(invitation) -> str:
    return invitation_link(invitation)


def sofia() -> User | None:
    return User.objects.by_address("sofia@example.org")


# --- The page ----------------------------------------------------------------------------------


def test_page_says_who_invites_to_what_until_when(link, invitation):
    page = text_of(Client().get(link))

    assert "Ada Lovelace invited you to Harbour APIs." in page
    assert 'value="sofia@example.org"' in page
    assert "readonly" in page
    assert 'value="Sofia"' in page
    assert "The sandbox is ready for you." in page
    assert "See &lt;you&gt;." in page
    assert "At least 12 characters." in page
    assert "Activate account" in page
    assert f"{invitation.expires_at:%H:%M}" in page
    assert "maxlength" not in page.partition('name="password"')[2].partition(">")[0]


def test_page_keeps_its_address_to_itself(link):
    for address in (link, f"{link}decline/", "/invitations/nonsense/"):
        for response in (Client().get(address), Client().head(address), Client().post(address)):
            assert response["Referrer-Policy"] == "no-referrer"
            assert "no-store" in response["Cache-Control"]
            assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_page_lets_browsers_name_their_origin(link, ada):
    """With no-referrer alone they post "Origin: null", which is refused as a forgery."""
    replaced = InvitationFactory(sender=ada, email="late@example.org", expires_at=timezone.now())
    for address in (link, f"{link}decline/", invitation_link(replaced), "/invitations/nonsense/"):
        page = text_of(Client().get(address))
        assert '<meta name="referrer" content="strict-origin">' in page
    client = Client(enforce_csrf_checks=True)
    form = ANSWER | {"csrfmiddlewaretoken": str(client.get(link).context["csrf_token"])}

    forged = client.post(link, form, headers={"origin": "null"})

    assert forged.status_code == 403
    assert forged["Referrer-Policy"] == "strict-origin"
    assert client.post(link, form, headers={"origin": "http://testserver"}).status_code == 302


def test_looking_changes_nothing_however_often(link, invitation):
    """But for the moment at which the page was first fetched: tests/portal/invitations/test_links.py."""
    Client().get(link)
    before = Invitation.objects.values().get()
    events = Event.objects.count()
    scanner = Client()
    for _ in range(10):
        for address in (link, f"{link}decline/"):
            assert scanner.get(address).status_code == 200
            head = scanner.head(address)
            assert (head.status_code, head.content) == (200, b"")

    assert Invitation.objects.values().get() == before
    assert Event.objects.count() == events
    assert sofia() is None
    assert not Session.objects.exists()

    assert Client().post(link, ANSWER).status_code == 302
    assert sofia().is_active


def test_get_of_renew_is_a_page_that_does_nothing_and_keeps_the_address(link):
    page = Client().get(f"{link}renew/")

    assert page.status_code == 405
    assert "This address belongs to a button" in text_of(page)
    assert page["Referrer-Policy"] == "no-referrer"
    assert '<meta name="referrer" content="strict-origin">' in text_of(page)


@pytest.mark.parametrize(
    "token", ["nonsense", "x" * 43, "x" * 44, "-", "%00", "a.b", "null", "é" * 43]
)
def test_token_of_nobody_is_404_with_help(db, token):
    for response in (
        Client().get(f"/invitations/{token}/"),
        Client().post(f"/invitations/{token}/", ANSWER),
        Client().post(f"/invitations/{token}/decline/"),
        Client().post(f"/invitations/{token}/renew/"),
    ):
        assert response.status_code == 404
        assert "This link is not valid." in text_of(response)


# --- Accepting ---------------------------------------------------------------------------------


def test_accept_makes_an_active_user_and_signs_in(link, invitation):
    client = Client()

    answer = client.post(link, ANSWER, follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert "Welcome, Sofia" in text_of(answer)
    assert "Subscribe to a product: you get two keys" in text_of(answer)
    user = sofia()
    assert user.is_active
    assert user.check_password(NEW_PASSWORD)
    assert not user.must_change_password
    assert sorted(role.name for role in user.roles.all()) == ["Developers", "Partners"]
    assert Session.objects.get().user == user
    assert "device" in client.cookies
    actions = set(Event.objects.filter(actor_id=user.public_id).values_list("action", flat=True))
    assert {"invitation.accepted", "user.signed_in"} <= actions
    assert Event.objects.filter(action="user.signed_in").count() == 1


def test_accept_counts_as_a_fresh_password(link):
    """The same session may do at once what asks for a recent password."""
    client = Client()
    client.post(link, ANSWER)

    assert client.session["account_authentication_methods"][-1]["method"] == "password"


def test_accept_takes_the_names_as_edited(link):
    Client().post(link, ANSWER | {"first_name": " Sophie ", "last_name": "von  Brandt"})

    assert sofia().full_name == "Sophie von Brandt"


def test_accept_takes_nothing_else_from_the_form(link, administrators_role):
    extra = {
        "email": "root@example.org",
        "roles": [str(administrators_role.public_id), str(administrators_role.pk)],
        "state": "blocked",
        "note": "mine",
        "time_zone": "Mars/Olympus",
        "is_administrator": "on",
    }

    Client().post(link, ANSWER | extra)

    assert User.objects.by_address("root@example.org") is None
    user = sofia()
    assert not RoleAssignment.objects.filter(user=user, role=administrators_role).exists()
    assert (user.note, user.state, user.time_zone) == ("", "active", "UTC")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "otters swim"}, "Use at least 12 characters. This one has 11."),
        ({"password": "qwertyuiop123"}, "This password is among the first that attackers try."),
        ({"password": "sofia@example"}, "This password is too close to the name"),
        ({"password": ""}, "Enter a password."),
        ({"password": "x7 " * 43}, "A password has at most 128 characters."),
        ({"first_name": ""}, "Enter a first name."),
        ({"last_name": "http://evil.example"}, "A name cannot contain a link."),
    ],
)
def test_accept_refuses_with_a_sentence_and_keeps_the_invitation(link, change, sentence):
    answer = Client().post(link, ANSWER | change)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert sofia() is None
    assert Client().get(link).status_code == 200


def test_accept_says_that_the_password_is_to_be_typed_again(link):
    for names in [{"first_name": ""}, {"last_name": "http://evil.example"}]:
        page = text_of(Client().post(link, ANSWER | names))

        assert "Type the password again." in page
        assert NEW_PASSWORD not in page


def test_empty_post_changes_nothing(link):
    """What a button-pressing scanner sends."""
    assert Client().post(link).status_code == 422
    assert sofia() is None


def test_accept_wants_the_forgery_token(link):
    client = Client(enforce_csrf_checks=True)
    assert client.post(link, ANSWER).status_code == 403

    page = client.get(link)
    token = {"csrfmiddlewaretoken": page.context["csrf_token"]}
    assert client.post(link, ANSWER | {k: str(v) for k, v in token.items()}).status_code == 302


def test_posts_are_limited_by_address(link):
    answers = [Client().post(link, {}).status_code for _ in range(31)]

    assert answers == [422] * 30 + [429]
    assert Client().post(link, ANSWER, REMOTE_ADDR="10.0.0.9").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_acceptances_at_once_make_one_user(ada):
    invitation = InvitationFactory(sender=ada, email="sofia@example.org")
    link = invitation_link(invitation)

    outcomes = race(*[lambda: Client().post(link, ANSWER)] * 20)

    assert sorted(answer.status_code for answer in outcomes) == [302] + [410] * 19
    assert User.objects.filter(email="sofia@example.org").count() == 1
    assert Event.objects.filter(action="user.signed_in").count() == 1
    assert Session.objects.count() == 1
    refused = next(answer for answer in outcomes if answer.status_code == 410)
    assert "This invitation was already used." in text_of(refused)


@pytest.mark.django_db(transaction=True)
def test_accepting_and_declining_at_once_is_one_answer(ada):
    invitation = InvitationFactory(sender=ada, email="sofia@example.org")
    link = invitation_link(invitation)

    def accept():
        return Client().post(link, ANSWER).status_code

    def decline():
        return Client().post(f"{link}decline/").status_code

    outcomes = race(accept, decline, accept, decline)

    assert sorted(outcomes) in ([200, 410, 410, 410], [302, 410, 410, 410])
    assert (sofia() is not None) == (302 in outcomes)


@pytest.mark.django_db(transaction=True)
def test_fresh_letters_asked_for_at_once_leave_one_link(ada):
    invitation = InvitationFactory(sender=ada, email="sofia@example.org", expires_at=timezone.now())
    link = invitation_link(invitation)

    outcomes = race(*[lambda: Client().post(f"{link}renew/").status_code] * 3)

    assert set(outcomes) == {200}
    invitation.refresh_from_db()
    assert Client().post(invitation_link(invitation), ANSWER).status_code == 302
    assert "This invitation was already used." in dead(link)


# --- Dead ends ---------------------------------------------------------------------------------


def dead(link: str, client: Client | None = None) -> str:
    """What the page says, after checking that POSTs are refused alike."""
    client = client or Client()
    page = client.get(link)
    assert page.status_code == 410
    for address in (link, f"{link}decline/"):
        answer = client.post(address, ANSWER)
        assert answer.status_code == 410
        assert answer.content.decode().count("<h1>") == 1
    return text_of(page)


def test_used_link_leads_to_sign_in(link):
    Client().post(link, ANSWER)

    page = dead(link)

    assert "This invitation was already used." in page
    assert 'href="/sign-in/"' in page
    assert "renew" not in page


def test_used_link_leads_its_own_person_home(link, portal):
    client = Client()
    client.post(link, ANSWER)

    for answer in (client.get(link), client.post(link, ANSWER), client.get(f"{link}decline/")):
        assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Go to the portal" in dead(link, portal)


def test_expired_link_offers_a_fresh_letter(link, invitation):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clock.shift(timedelta(days=7, seconds=-1))
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(seconds=2))
        page = dead(link)

        assert "This invitation has expired." in page
        assert f'action="{link}renew/"' in page

        answer = Client().post(f"{link}renew/")
        assert answer.status_code == 200
        assert "A fresh letter is on its way." in text_of(answer)
        assert sofia() is None
        assert "This link was replaced by a newer one." in dead(link)
        invitation.refresh_from_db()
        letters = Message.objects.filter(kind="invitation", state="queued")
        assert [letter.to for letter in letters] == ["sofia@example.org"]
        assert Client().post(invitation_link(invitation), ANSWER).status_code == 302


def test_form_opened_before_the_end_is_refused_after_it(link):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(days=7, seconds=1))

        answer = Client().post(link, ANSWER)

        assert answer.status_code == 410
        assert sofia() is None


def test_replaced_link_points_to_the_newest_letter(link, invitation, ada):
    resend_invitation(invitation=invitation, by=ada)

    page = dead(link)

    assert "This link was replaced by a newer one." in page
    assert f'action="{link}renew/"' in page
    assert sofia() is None


def test_revoked_link_says_whom_to_ask(link, invitation, ada):
    edit_service(name="Harbour APIs", support_address="help@example.org", invitation_days=7, by=ada)
    revoke_invitation(invitation=invitation, by=ada)

    page = dead(link)

    assert "This invitation was withdrawn." in page
    assert "mailto:help@example.org" in page
    assert "Ada Lovelace" in page


@pytest.mark.parametrize("how", ["blocked", "demoted", "deleted"])
def test_link_is_dead_once_its_sender_may_not_invite(link, ada, administrators_role, how):
    chief = AdministratorFactory()
    if how == "blocked":
        block_user(user=ada, by=chief)
    elif how == "deleted":
        delete_user(user=ada, by=chief)
    else:
        RoleAssignment.objects.filter(user=ada, role=administrators_role).delete()

    page = dead(link)

    assert "This invitation can no longer be used." in page
    assert "Ada Lovelace" in page


def test_address_added_by_hand_meanwhile_leads_to_sign_in(link, ada):
    add_user(
        email="sofia@example.org",
        first_name="Sofia",
        last_name="Brandt",
        password=NEW_PASSWORD,
        by=ada,
    )

    page = dead(link)

    assert "There is an account for this address already." in page
    assert 'href="/sign-in/"' in page
    assert Client().post(f"{link}renew/").status_code == 410
    assert User.objects.filter(email="sofia@example.org").count() == 1


def test_unusable_states_send_no_fresh_letter(link, invitation, ada):
    assert Client().post(f"{link}renew/").status_code == 302
    revoke_invitation(invitation=invitation, by=ada)
    letters = Message.objects.count()

    assert Client().post(f"{link}renew/").status_code == 410

    assert Message.objects.count() == letters


def test_fresh_letters_are_limited(link, invitation, ada):
    resend_invitation(invitation=invitation, by=ada)

    answers = [
        Client().post(f"{link}renew/", REMOTE_ADDR=f"10.0.0.{i}").status_code for i in range(4)
    ]

    assert answers == [200, 200, 200, 429]
    invitation.refresh_from_db()
    assert invitation.times_sent == 5


def test_fresh_letters_are_limited_by_address(ada):
    answers = []
    for i in range(11):
        invitation = InvitationFactory(
            sender=ada, email=f"late-{i}@example.org", expires_at=timezone.now()
        )
        answers.append(Client().post(f"{invitation_link(invitation)}renew/").status_code)

    assert answers == [200] * 10 + [429]


# --- Declining ---------------------------------------------------------------------------------


def test_decline_asks_first_and_then_ends_the_link(link, invitation):
    assert "Decline the invitation?" in text_of(Client().get(f"{link}decline/"))

    answer = Client().post(f"{link}decline/")

    assert answer.status_code == 200
    assert "You declined the invitation." in text_of(answer)
    assert "This invitation was declined." in dead(link)
    assert Event.objects.filter(action="invitation.declined").count() == 1
    assert sofia() is None


# --- Somebody else's browser -------------------------------------------------------------------


def test_signed_in_person_is_asked_and_nothing_is_spent(link, portal, ben):
    for response in (portal.get(link), portal.get(f"{link}decline/")):
        page = text_of(response)
        assert response.status_code == 200
        assert "You are signed in as Ben Okafor." in page
        assert "sofia@example.org" in page
        assert "Sign out and continue" in page
        assert "Stay signed in" in page
    assert portal.post(link, ANSWER).status_code == 409
    assert portal.post(f"{link}decline/").status_code == 409
    assert sofia() is None
    assert Invitation.objects.get().is_pending

    away = portal.post("/sign-out/", {"next": link})
    assert away["Location"] == link
    assert portal.post(link, ANSWER).status_code == 302
    assert sofia().is_active


def test_administrator_sees_that_it_is_not_for_them(link, console):
    page = text_of(console.get(link))

    assert "It is not for you: only the invited person should open it" in page
    assert "Looking at it has used nothing up." in page
    assert Invitation.objects.get().is_pending
