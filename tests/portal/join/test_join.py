"""Joining through a shared link: what the page says to whom, and what it never tells."""

import re
from datetime import timedelta
from statistics import median

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts.actions import block_user
from accounts.models import Session, User
from audit.models import Event
from invitations import actions
from invitations.models import Invitation, InviteLink
from mail.models import Message
from service.actions import edit_service
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    InviteLinkFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
)
from tests.portal.pages import (
    NEW_PASSWORD,
    invitation_link,
    join_link,
    same_headers,
    same_text,
    text_of,
)
from tests.racing import overtake, race

pytestmark = pytest.mark.django_db

SOFIA = {"email": "sofia@example.org", "first_name": "Sofia", "last_name": "Brandt"}
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """The pause that hides how long the work took has a test of its own."""
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 0)


@pytest.fixture
def link(ada) -> InviteLink:
    return InviteLinkFactory(sender=ada, name="For administrators only to read")


@pytest.fixture
def address(link) -> str:
    return join_link(link)


def ask(address, client=None, *, ip="10.0.0.1", **changes):
    return (client or Client()).post(address, SOFIA | changes, REMOTE_ADDR=ip)


# --- The open page ----------------------------------------------------------------------------


def test_page_says_who_invites_to_what_and_what_one_gets(ada):
    product = ProductFactory(name="Freight")
    package = PackageFactory(name="Pilot access", products=[product], roles=[RoleFactory(name="P")])
    end = timezone.now() + timedelta(days=3)
    link = InviteLinkFactory(
        sender=ada, roles=[RoleFactory(name="Partners")], package=package, expires_at=end
    )

    page = text_of(Client().get(join_link(link)))

    assert "Ada Lovelace invites you to Harbour APIs." in page
    for word in ["Developers", "P", "Partners", "Pilot access", "Freight"]:
        assert word in page
    assert f"{end:%H:%M}" in page
    assert link.name not in page
    assert 'autocomplete="email"' in page
    assert "Have an account already?" in page


def test_allowed_domains_are_said_before_anybody_types_and_checked(ada):
    link = actions.create_link(
        name="x", mail_domains=["example.org", "münchen.example", "kelpworks.example"], by=ada
    )
    said = "example.org, münchen.example or kelpworks.example"

    assert f"It must be at {said}." in text_of(Client().get(join_link(link)))
    refused = ask(join_link(link), email="sofia@mail.example.org")

    assert refused.status_code == 422
    assert f"This link is for addresses at {said}. Enter one of those." in text_of(refused)
    assert 'value="Sofia"' in text_of(refused)
    assert not Message.objects.exists()
    assert ask(join_link(link), email="Sofia@MÜNCHEN.example").status_code == 200


def test_page_names_no_product_that_nobody_sees_who_joins(ada):
    hidden = ProductFactory(name="Secret", roles=[RoleFactory(name="Inner")])
    package = PackageFactory(products=[hidden, ProductFactory(name="Freight")])

    page = text_of(Client().get(join_link(InviteLinkFactory(sender=ada, package=package))))

    assert "Freight" in page
    assert "Secret" not in page


@pytest.mark.parametrize("name", ["Confirm at evil.com now", "a/b", "evil-login.example"])
def test_a_name_that_a_mail_program_would_make_a_link_of_is_refused(address, name):
    answer = ask(address, first_name=name)

    assert answer.status_code == 422
    assert "A name cannot contain a link." in text_of(answer)


def test_the_letter_greets_nobody_by_a_name_that_anybody_may_have_typed(address, deliver):
    ask(address, first_name="Your key leaked!")

    [letter] = deliver()
    assert "leaked" not in letter.body
    assert "leaked" not in letter.alternatives[0].content
    assert "You are invited to Harbour APIs" in letter.body


def test_page_keeps_its_address_to_itself(address):
    for one in (address, "/join/nonsense/"):
        for response in (Client().get(one), Client().head(one), Client().post(one)):
            assert response["Referrer-Policy"] == "no-referrer"
            assert "no-store" in response["Cache-Control"]
            assert response["X-Robots-Tag"] == "noindex, nofollow"
            assert response.request["PATH_INFO"] == one
        assert '<meta name="referrer" content="strict-origin">' in text_of(Client().get(one))


def test_looking_changes_nothing_however_often(address):
    before = InviteLink.objects.values().get()
    scanner = Client()
    for _ in range(40):
        assert scanner.get(address).status_code == 200
        head = scanner.head(address)
        assert (head.status_code, head.content) == (200, b"")

    assert InviteLink.objects.values().get() == before
    assert not Event.objects.exists()
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()
    assert not Session.objects.exists()
    assert ask(address).status_code == 200


def test_the_form_wants_the_forgery_token(address):
    client = Client(enforce_csrf_checks=True)
    assert client.post(address, SOFIA).status_code == 403

    token = {"csrfmiddlewaretoken": str(client.get(address).context["csrf_token"])}
    assert client.post(address, SOFIA | token).status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "nope"}, "Enter a valid email address"),
        ({"email": ""}, "Enter an email address."),
        ({"first_name": ""}, "Enter a first name."),
        ({"last_name": "http://evil.example"}, "A name cannot contain a link."),
        ({"first_name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_refused_fields_are_named_and_the_rest_stays(address, change, sentence):
    answer = ask(address, **change)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Invitation.objects.exists()


def test_nothing_else_is_taken_from_the_form(address, link, administrators_role):
    extra = {
        "roles": str(administrators_role.public_id),
        "language": "xx",
        "sender": "1",
        "link": "1",
        "validity": "1",
    }

    ask(address, **extra)

    invitation = Invitation.objects.get()
    assert not invitation.roles.exists()
    assert (invitation.language, invitation.sender) == ("en", link.sender)


def test_the_letter_speaks_the_browsers_language(address):
    Client().post(address, SOFIA, headers={"accept-language": "de-AT,de;q=0.9"})

    assert Invitation.objects.get().language == "de"
    assert Message.objects.get().language == "de"


# --- The answer -------------------------------------------------------------------------------


def test_asking_leads_to_the_mailbox_and_makes_nobody(address):
    answer = ask(address)

    assert answer.status_code == 200
    assert "Look into your mailbox." in text_of(answer)
    assert "sofia@example.org" in text_of(answer)
    assert not User.objects.filter(email=SOFIA["email"]).exists()
    assert Invitation.objects.get().is_pending
    assert not Session.objects.exists()


def test_while_mail_is_off_nothing_is_promised(address, settings):
    settings.MAIL_IS_OFF = True

    assert "No letter leaves at the moment." in text_of(Client().get(address))
    answer = text_of(ask(address))

    assert "No letter leaves at the moment: it comes once they do again." in answer
    assert "within a few minutes" not in answer
    assert Message.objects.get().state == Message.State.HELD


def test_what_a_links_package_holds_is_there_after_the_letter(ada):
    product = ProductFactory(name="Freight")
    package = PackageFactory(name="Pilot access", products=[product], welcome="Ahoy there.")
    link = InviteLinkFactory(sender=ada, package=package)
    ask(join_link(link))

    page = text_of(answer_letter())

    assert "Ahoy there." in page
    sofia = User.objects.by_address("sofia@example.org")
    assert [subscription.product for subscription in sofia.subscriptions.active()] == [product]
    link.refresh_from_db()
    assert link.used == 1


@pytest.fixture
def kinds_of_address(ada, ben):
    """Unknown, known, blocked, invited, invited by somebody gone, ended, answered with a no."""
    chen, dora = AdministratorFactory(), AdministratorFactory(email="dora@example.org")
    block_user(user=dora, by=ada)
    block_user(user=chen, by=ada)
    InvitationFactory(sender=ada, email="invited@example.org")
    InvitationFactory(sender=chen, email="orphan@example.org")
    InvitationFactory(sender=ada, email="late@example.org", expires_at=timezone.now() - HOUR)
    InvitationFactory(sender=ada, email="no@example.org", declined_at=timezone.now())
    return [
        *["nobody@example.org", ben.email, "dora@example.org", "invited@example.org"],
        *["orphan@example.org", "late@example.org", "no@example.org"],
    ]


def test_answers_are_the_same_for_every_kind_of_address(address, kinds_of_address):
    # Each asked twice: also what a first letter changes must not show.
    for _twice in range(2):
        answers = [ask(address, email=email) for email in kinds_of_address]

        texts = {
            same_text(answer, without=email)
            for answer, email in zip(answers, kinds_of_address, strict=True)
        }
        assert len(texts) == 1
        assert {answer.status_code for answer in answers} == {200}
        assert all(same_headers(answer) == same_headers(answers[0]) for answer in answers)
        assert all(set(answer.cookies) == set(answers[0].cookies) for answer in answers)


def test_bad_names_are_refused_the_same_for_every_kind_of_address(address, kinds_of_address):
    answers = [ask(address, email=email, first_name="www.evil") for email in kinds_of_address]

    texts = {
        same_text(answer, without=email)
        for answer, email in zip(answers, kinds_of_address, strict=True)
    }
    assert len(texts) == 1
    assert {answer.status_code for answer in answers} == {422}


def test_each_kind_of_address_is_told_the_truth_by_letter_alone(address, kinds_of_address):
    for email in kinds_of_address:
        ask(address, email=email)

    told = {message.to: message.kind for message in Message.objects.all()}
    assert told == {
        "nobody@example.org": "invitation",
        "ben@example.org": "account_exists",
        "invited@example.org": "invitation",
        "orphan@example.org": "invitation",
        "late@example.org": "invitation",
        "no@example.org": "invitation",
    }


def test_asking_takes_as_long_for_everybody(address, kinds_of_address, monkeypatch):
    slept = []
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 9)
    monkeypatch.setattr("portal.kit.response_time.sleep", slept.append)

    for email in kinds_of_address:
        ask(address, email=email)

    assert len(slept) == len(kinds_of_address)
    assert all(7 < seconds <= 9 for seconds in slept)


@pytest.mark.django_db(transaction=True)
def test_the_work_is_shorter_than_the_pause_that_hides_it(address, kinds_of_address, monkeypatch):
    monkeypatch.setattr("portal.kit.response_time.MIN_SECONDS", 30)
    slept = []
    monkeypatch.setattr("portal.kit.response_time.sleep", slept.append)

    for email in kinds_of_address:
        ask(address, email=email)

    # Half a second is what the real pause gives. The median, because the machine has other work.
    assert 30 - median(slept) < 0.5, slept


# --- Limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["nobody@example.org", "ben@example.org"])
def test_one_address_is_asked_for_three_times_an_hour_from_anywhere(address, ben, email):
    answers = [ask(address, email=email, ip=f"10.0.0.{n}") for n in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 3000 < int(answers[-1]["Retry-After"]) <= 3600
    assert "This address was entered a few times already." in text_of(answers[-1])
    assert f'value="{email}"' in text_of(answers[-1])
    assert Message.objects.count() == 1
    assert ask(address, email="omar@example.org").status_code == 200


def test_the_limit_of_an_address_counts_every_spelling_and_every_link(address, ada):
    other = join_link(InviteLinkFactory(sender=ada))
    # What stands behind a plus is mostly one and the same mailbox.
    spellings = ["SOFIA@example.org", " sofia@EXAMPLE.org ", "Sofia+1@example.org"]

    for spelling in spellings:
        assert ask(address, email=spelling).status_code == 200

    assert ask(other).status_code == 429


def test_posts_are_limited_by_network_address(address):
    answers = [ask(address, email="").status_code for _ in range(31)]

    assert answers == [422] * 30 + [429]
    assert ask(address, ip="10.0.0.9").status_code == 200


def test_one_link_writes_a_limited_number_of_letters(address, settings):
    settings.ACCOUNT_RATE_LIMITS = django_settings.ACCOUNT_RATE_LIMITS | {"join_link": "2/h/key"}

    answers = [ask(address, email=f"p{n}@example.org", ip=f"10.0.0.{n}") for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Very many people are using this link now." in text_of(answers[-1])
    assert Message.objects.count() == 2


# --- Closed -----------------------------------------------------------------------------------


def closed(address, client=None) -> str:
    """What the page says, after checking that a POST is refused alike and sends nothing."""
    client = client or Client()
    page = client.get(address)
    assert page.status_code == 410
    answer = ask(address, client)
    assert answer.status_code == 410
    assert page.content.decode().count("<h1>") == answer.content.decode().count("<h1>") == 1
    assert 'name="email"' not in text_of(page)
    assert not Message.objects.exists()
    return text_of(page)


def test_link_that_is_off_says_so_and_works_again_when_on(link, address, ada):
    edit_service(name="Harbour APIs", support_address="help@example.org", invitation_days=7, by=ada)
    actions.turn_off_link(link=link, by=ada)

    page = closed(address)

    assert "This link is switched off." in page
    assert "Ada Lovelace" in page
    assert "mailto:help@example.org" in page
    assert 'href="/sign-in/"' in page
    actions.turn_on_link(link=link, by=ada)
    assert ask(address).status_code == 200


def test_link_that_has_ended_says_when(link, address):
    end = timezone.now() - HOUR
    InviteLink.objects.update(expires_at=end)

    page = closed(address)

    assert "This link has ended." in page
    assert f"{end:%H:%M}" in page


def test_full_link_says_that_all_places_are_taken(link, address):
    InviteLink.objects.update(quota=2, used=2)

    assert "All places are taken." in closed(address)


@pytest.mark.parametrize("how", ["blocked", "demoted"])
def test_link_is_dead_once_its_sender_may_not_invite(address, ada, administrators_role, how):
    if how == "blocked":
        block_user(user=ada, by=AdministratorFactory())
    else:
        ada.assignments.filter(role=administrators_role).delete()

    assert "This link can no longer be used." in closed(address)


def test_replaced_address_points_to_the_newer_one(link, address, ada):
    renewed = actions.renew_address(link=link, by=ada)

    assert "This link was replaced by a newer one." in closed(address)
    assert join_link(renewed) not in text_of(Client().get(address))
    assert ask(join_link(renewed)).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "x" * 43, "x" * 44, "-", "%00", "null", "é" * 43])
def test_token_of_nobody_is_404_with_a_next_step(db, token):
    for response in (Client().get(f"/join/{token}/"), ask(f"/join/{token}/")):
        assert response.status_code == 404
        assert "This link is not valid." in text_of(response)
        assert 'href="/help/"' in text_of(response)


def test_deleted_link_and_the_token_of_an_invitation_are_nobodys(link, address, ada):
    invitation = InvitationFactory(sender=ada)
    actions.delete_link(link=link, by=ada)

    assert Client().get(address).status_code == 404
    assert Client().get(f"/join/{actions.token_of(invitation)}/").status_code == 404
    assert Client().get(f"/invitations/{actions.token_of_link(link)}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_link_switched_off_while_the_post_is_on_its_way_is_refused(link, address, ada):
    outcome = overtake(lambda: actions.turn_off_link(link=link, by=ada), lambda: ask(address))

    assert outcome.status_code == 410
    assert "This link is switched off." in text_of(outcome)
    assert not Message.objects.exists()


# --- Somebody who has an account --------------------------------------------------------------


def test_signed_in_person_is_asked_and_nothing_happens(address, portal):
    page = text_of(portal.get(address))

    assert "You are signed in as Ben Okafor." in page
    assert "Stay signed in" in page
    assert "Sign out and continue" in page
    assert ask(address, portal).status_code == 409
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()

    away = portal.post("/sign-out/", {"next": address})
    assert away["Location"] == address
    assert ask(address, portal).status_code == 200


def test_administrator_is_told_how_to_see_what_others_see(address, console):
    assert "open it in a browser where nobody is signed in" in text_of(console.get(address))


# --- From the letter on -----------------------------------------------------------------------


def answer_letter(email="sofia@example.org", client=None):
    form = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}
    link = invitation_link(Invitation.objects.get(email=email))
    return (client or Client()).post(link, form, follow=True)


def test_the_letter_makes_the_account(address, link):
    ask(address)

    home = answer_letter()

    assert "Welcome, Sofia. Your account is active." in text_of(home)
    link.refresh_from_db()
    assert link.used == 1


def test_no_letter_is_sent_again_that_its_link_would_not_admit(address, link, ada, console):
    ask(address)
    invitation = Invitation.objects.get()
    actions.turn_off_link(link=link, by=ada)

    response = console.post(f"/console/invitations/{invitation.public_id}/resend/", {})

    assert response.status_code == 422
    assert "It came through an invite link that is off or full." in text_of(response)
    assert Invitation.objects.get().times_sent == 1


def test_letter_of_a_link_that_was_switched_off_says_so(address, link, ada):
    ask(address)
    actions.turn_off_link(link=link, by=ada)

    page = Client().get(invitation_link(Invitation.objects.get()))
    answer = answer_letter()

    assert page.status_code == answer.status_code == 410
    for shown in (page, answer):
        assert "The link you came through was switched off." in text_of(shown)
    assert not User.objects.filter(email="sofia@example.org").exists()


@pytest.mark.parametrize("how", ["ended", "domain"])
def test_an_expired_letter_is_not_renewed_once_its_link_takes_nobody_new(address, link, how):
    ask(address)
    invitation = Invitation.objects.get()
    past = timezone.now() - HOUR
    Invitation.objects.update(expires_at=past)
    assert "A fresh letter" in text_of(Client().get(invitation_link(invitation)))

    InviteLink.objects.update(
        **({"expires_at": past} if how == "ended" else {"mail_domains": ["only.example"]})
    )

    page = Client().get(invitation_link(invitation))
    assert "the link you came through takes nobody new" in text_of(page)
    assert Client().post(f"{invitation_link(invitation)}renew/").status_code == 410
    with pytest.raises(actions.InvitationNotUsable):
        actions.resend_invitation(invitation=invitation, by=None)


@pytest.mark.django_db(transaction=True)
def test_losers_of_the_last_places_read_that_all_are_taken(ada, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    link = InviteLinkFactory(sender=ada, quota=3)
    emails = [f"guest{number}@example.org" for number in range(20)]
    for email in emails:
        InvitationFactory(sender=ada, invite_link=link, email=email)

    outcomes = race(*[lambda email=email: answer_letter(email) for email in emails])

    assert sorted(answer.status_code for answer in outcomes) == [200] * 3 + [410] * 17
    full = [answer for answer in outcomes if answer.status_code == 410]
    assert all(re.search("All places are taken", text_of(answer)) for answer in full)
    assert User.objects.filter(email__startswith="guest").count() == 3
    link.refresh_from_db()
    assert link.used == 3
