"""One developer: the page and everything that can be done with them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts import actions
from accounts.models import Role, Session, User
from audit.models import Event
from mail.models import Message
from tests.conftest import sign_in
from tests.factories import PASSWORD, AdministratorFactory, InvitationFactory, RoleFactory

pytestmark = pytest.mark.django_db

ADD = "/console/developers/add/"
HANA = {
    "email": "hana.tanaka@quarry.example",
    "first_name": "Hana",
    "last_name": "Tanaka",
}
GOOD_PASSWORD = "seven otters under ice"
PAGES = ["", "edit/", "roles/", "note/", "block/", "activate/", "delete/", "password/"]
POSTS_ONLY = ["password-link/", "sessions/end/"]


def url(user, page=""):
    return f"/console/developers/{user.public_id}/{page}"


def text_of(response):
    return " ".join(" ".join(str(message) for message in response.context["messages"]).split())


def snapshot():
    """Everything about people that a page could have changed."""
    ignored = {"last_seen_at", "last_login"}
    users = [
        {name: value for name, value in row.items() if name not in ignored}
        for row in User.objects.order_by("pk").values()
    ]
    roles = list(User.roles.through.objects.order_by("pk").values())
    return users, roles, Session.objects.count(), Message.objects.count(), Event.objects.count()


# --- Doors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_page_sends_visitors_to_the_sign_in_page(client, ben, page):
    response = client.get(url(ben, page))

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("page", PAGES + POSTS_ONLY)
def test_page_refuses_developers(portal, ben, page):
    before = snapshot()

    assert portal.get(url(ben, page)).status_code == 403
    assert portal.post(url(ben, page), {"reason": "x"}).status_code == 403
    assert snapshot() == before


@pytest.mark.parametrize("page", PAGES + POSTS_ONLY)
def test_page_of_nobody_is_not_found(console, page):
    address = f"/console/developers/{uuid4()}/{page}"

    response = console.post(address) if page in POSTS_ONLY else console.get(address)

    assert response.status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_get_never_changes_anything(console, ben, page):
    actions.block_user(user=ben, by=None)
    before = snapshot()

    response = console.get(url(ben, page))

    assert response.status_code == 200
    assert snapshot() == before


@pytest.mark.parametrize("page", POSTS_ONLY)
def test_operations_without_a_page_take_post_only(console, ben, page):
    assert console.get(url(ben, page)).status_code == 405


@pytest.mark.parametrize("page", ["add/", *PAGES[1:]])
def test_dialog_and_page_are_the_same_form(console, ben, page):
    address = ADD if page == "add/" else url(ben, page)

    whole = console.get(address).content.decode()
    dialog = console.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in dialog
    assert f'hx-post="{address}"' in dialog
    assert re.findall(r' name="(\w+)"', dialog)[1:] == [
        name
        for name in re.findall(r' name="(\w+)"', whole.split("dialog-panel")[1])[1:]
        if name != "theme"
    ]


# --- Add user --------------------------------------------------------------------------------


def test_add_with_the_four_fields_of_a_script_makes_an_active_user(console, ada):
    response = console.post(ADD, HANA | {"password": GOOD_PASSWORD}, follow=True)

    hana = User.objects.get(email=HANA["email"])
    assert response.redirect_chain == [(url(hana), 302)]
    assert text_of(response) == "Hana Tanaka was added and can sign in now."
    assert hana.is_active
    assert hana.check_password(GOOD_PASSWORD)
    assert not hana.must_change_password
    assert [role.name for role in hana.roles.all()] == ["Developers"]
    assert Event.objects.get(action="user.added").actor_id == ada.public_id


def test_add_without_a_password_sends_a_link(console):
    response = console.post(ADD, HANA | {"way": "link"}, follow=True)

    hana = User.objects.get(email=HANA["email"])
    assert not hana.has_usable_password()
    assert Message.objects.get().kind == "welcome"
    assert "A link to choose a password is on its way to hana.tanaka@quarry.example." in text_of(
        response
    )


def test_add_with_every_box(console):
    finance = RoleFactory(name="Finance")

    console.post(
        ADD,
        HANA
        | {
            "way": "password",
            "password": GOOD_PASSWORD,
            "must_change_password": "on",
            "welcome": "on",
            "roles": [finance.public_id],
        },
    )

    hana = User.objects.get(email=HANA["email"])
    assert hana.must_change_password
    assert set(hana.roles.values_list("name", flat=True)) == {"Developers", "Finance"}
    assert Message.objects.get().kind == "welcome"


def test_add_offers_the_link_first_and_a_suggestion(console):
    content = console.get(ADD).content.decode()

    assert content.index('value="link"') < content.index('value="password"')
    assert re.search(r'data-value="(\w{4}-){4}\w{4}"', content)


def test_add_refuses_an_address_in_use_and_leads_to_its_owner(console, ben):
    response = console.post(ADD, HANA | {"email": " BEN@example.org ", "password": GOOD_PASSWORD})

    content = response.content.decode()
    assert response.status_code == 422
    assert "A developer with this email address already exists." in content
    assert f'href="{url(ben)}"' in content
    assert not User.objects.filter(first_name="Hana").exists()


def test_add_refuses_an_invited_address_and_leads_to_the_invitation(console, ada):
    invitation = InvitationFactory(sender=ada, email=HANA["email"])

    response = console.post(ADD, HANA | {"password": GOOD_PASSWORD})

    content = response.content.decode()
    assert response.status_code == 422
    assert "This address has an open invitation. Revoke or resend that first." in content
    assert f"/console/invitations/{invitation.public_id}/" in content
    assert not User.objects.filter(first_name="Hana").exists()


def test_add_keeps_what_was_typed_but_the_password(console):
    finance = RoleFactory(name="Finance")

    response = console.post(
        ADD, HANA | {"password": "short", "way": "password", "roles": [finance.public_id]}
    )

    content = response.content.decode()
    assert response.status_code == 422
    assert "Use at least 12 characters. This one has 5." in content
    assert 'value="Hana"' in content
    assert 'value="short"' not in content
    assert re.search(rf'value="{finance.public_id}"[^>]*checked', content)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": ""}, "Enter an email address."),
        ({"email": "nope"}, "Enter a valid email address, such as name@example.org."),
        ({"first_name": " "}, "Enter a first name."),
        ({"last_name": ""}, "Enter a last name."),
        ({"first_name": "www.evil.example"}, "A name cannot contain a link."),
        ({"way": "password"}, "Enter a password, or send a link instead."),
        ({"roles": ["rubbish"]}, "rubbish"),
    ],
)
def test_add_says_what_is_wrong(console, change, sentence):
    response = console.post(ADD, HANA | change)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not User.objects.filter(email=HANA["email"]).exists()


def test_add_takes_no_field_that_is_not_on_the_form(console):
    administrators = Role.objects.administrators()

    console.post(
        ADD,
        HANA
        | {
            "password": GOOD_PASSWORD,
            "state": "blocked",
            "is_administrator": "1",
            "role": administrators.public_id,
            "security_epoch": "99",
            "registered_at": "2001-01-01",
        },
    )

    hana = User.objects.get(email=HANA["email"])
    assert hana.is_active
    assert not hana.is_administrator
    assert hana.security_epoch == 1
    assert hana.registered_at.year != 2001


# --- The page --------------------------------------------------------------------------------


def test_page_shows_the_person_and_the_way_to_everything(console, ada, ben):
    sign_in(ben)
    actions.edit_user(user=ben, note="Prefers calls.", by=ada)
    actions.send_password_link(user=ben, by=ada)

    content = console.get(url(ben)).content.decode()

    for words in [
        "Ben Okafor",
        "ben@example.org",
        "Prefers calls.",
        "Password link",
        "Ada Lovelace edited this person: note",
        "Ada Lovelace sent this person a password link",
        "Ben Okafor signed in",
        f"/console/activity/?subject={ben.public_id}",
    ]:
        assert words in content


def test_page_says_since_when_by_whom_and_why_somebody_is_blocked(console, ada, ben):
    actions.block_user(user=ben, by=ada, reason="Left <the> company")

    content = console.get(url(ben)).content.decode()

    assert "Left &lt;the&gt; company" in content
    assert "by Ada Lovelace" in content
    assert "Ada Lovelace blocked this person: Left &lt;the&gt; company" in content


def test_page_tells_how_they_came_and_whom_they_invited(console, ada):
    chen = AdministratorFactory(first_name="Chen", last_name="Wu")
    InvitationFactory(sender=ada, user=chen, accepted_at=timezone.now())
    sent = InvitationFactory(sender=chen, first_name="Sofia", last_name="Brandt")

    content = console.get(url(chen)).content.decode()

    assert "invited by Ada Lovelace" in content
    assert "Sofia Brandt" in content
    assert f"/console/invitations/{sent.public_id}/" in content


def test_own_page_shows_block_and_delete_disabled_with_the_reason(console, ada):
    content = console.get(url(ada)).content.decode()

    assert "You cannot block yourself." in content
    assert "You cannot delete yourself." in content
    assert f'href="{url(ada, "block/")}"' not in content
    assert f'href="{url(ada, "delete/")}"' not in content


@pytest.mark.parametrize("events", [1, 3])
def test_page_asks_the_same_queries_for_any_history(
    console, ada, ben, events, django_assert_num_queries
):
    for number in range(events):
        actions.edit_user(user=ben, note=str(number), by=ada)
        actions.send_password_link(user=ben, by=ada)
        InvitationFactory(sender=ben)
    console.get(url(ben))

    with django_assert_num_queries(14):
        console.get(url(ben))


# --- Details, note, roles --------------------------------------------------------------------


def test_edit_changes_the_details(console, ben):
    response = console.post(
        url(ben, "edit/"),
        {
            "email": "Benedict@Example.org",
            "first_name": "Benedict",
            "last_name": "Okafor",
            "time_zone": "Europe/Oslo",
        },
        follow=True,
    )

    ben.refresh_from_db()
    assert (ben.email, ben.first_name, ben.time_zone) == (
        "benedict@example.org",
        "Benedict",
        "Europe/Oslo",
    )
    assert text_of(response) == "The details of Benedict Okafor were saved."


def test_edit_refuses_an_address_in_use(console, ada, ben):
    response = console.post(
        url(ben, "edit/"),
        {"email": ada.email, "first_name": "Ben", "last_name": "Okafor", "time_zone": "UTC"},
    )

    assert response.status_code == 422
    assert f'href="{url(ada)}"' in response.content.decode()
    ben.refresh_from_db()
    assert ben.email == "ben@example.org"


def test_edit_takes_no_field_that_is_not_on_the_form(console, ben):
    console.post(
        url(ben, "edit/"),
        {
            "email": ben.email,
            "first_name": "Ben",
            "last_name": "Okafor",
            "time_zone": "UTC",
            "state": "blocked",
            "is_administrator": "1",
            "note": "smuggled",
            "password": GOOD_PASSWORD,
            "roles": [Role.objects.administrators().public_id],
        },
    )

    ben = User.objects.get(pk=ben.pk)
    assert ben.is_active
    assert not ben.is_administrator
    assert ben.note == ""
    assert ben.check_password(PASSWORD)


def test_edit_goes_back_to_where_it_was_opened_and_nowhere_else(console, ben):
    details = {
        "email": ben.email,
        "first_name": "Ben",
        "last_name": "Okafor",
        "time_zone": "UTC",
    }
    here = "/console/developers/?q=ok"

    home = console.post(url(ben, f"edit/?next={here.replace('?', '%3F')}"), details)
    away = console.post(url(ben, "edit/?next=//evil.example/"), details)

    assert home["Location"] == here
    assert away["Location"] == url(ben)


def test_note_is_saved(console, ben):
    console.post(url(ben, "note/"), {"note": "Works nights."})

    ben.refresh_from_db()
    assert ben.note == "Works nights."


def test_note_too_long_is_refused(console, ben):
    assert console.post(url(ben, "note/"), {"note": "x" * 5001}).status_code == 422


def test_roles_become_what_is_ticked(console, ben, developers_role):
    finance, partners = RoleFactory(name="Finance"), RoleFactory(name="Partners")
    ben.assignments.create(role=partners)

    console.post(url(ben, "roles/"), {"roles": [developers_role.public_id, finance.public_id]})

    assert set(ben.roles.all()) == {developers_role, finance}


def test_roles_refuse_to_demote_oneself(console, ada, administrators_role, developers_role):
    response = console.post(url(ada, "roles/"), {"roles": [developers_role.public_id]})

    assert response.status_code == 422
    assert "You cannot take the Administrators role from yourself." in response.content.decode()
    assert administrators_role in ada.roles.all()


def test_roles_cannot_be_guests(console, ben):
    guests = Role.objects.get(built_in="guests")

    response = console.post(url(ben, "roles/"), {"roles": [guests.public_id]})

    assert response.status_code == 422
    assert not guests.members.exists()


# --- Block, activate, delete -----------------------------------------------------------------


def test_block_lists_what_it_hits_in_numbers(console, ada, administrators_role):
    chen = AdministratorFactory(first_name="Chen", last_name="Wu")
    sign_in(chen)
    sign_in(chen)
    InvitationFactory(sender=chen)

    content = console.get(url(chen, "block/")).content.decode()

    assert "Block Chen Wu?" in content
    assert "2 open sessions" in content
    assert "1 pending invitation" in content
    assert "Nothing is deleted." in content


def test_block_then_undo(console, ada, ben):
    response = console.post(url(ben, "block/"), {"reason": "Left"}, follow=True)

    ben.refresh_from_db()
    assert ben.is_blocked
    assert ben.block_reason == "Left"
    assert "Ben Okafor is blocked." in text_of(response)
    assert f'action="{url(ben, "activate/")}"' in text_of(response)
    assert not Message.objects.exists()

    response = console.post(url(ben, "activate/"), follow=True)
    ben.refresh_from_db()
    assert ben.is_active
    assert text_of(response) == "Ben Okafor is active again."


def test_block_tells_them_only_when_asked_to(console, ben):
    console.post(url(ben, "block/"), {"tell": "on"})

    assert Message.objects.get().kind == "account_blocked"


def test_block_refuses_oneself_and_offers_no_button(console, ada):
    question = console.get(url(ada, "block/")).content.decode()
    refusal = console.post(url(ada, "block/"))

    assert "You cannot block yourself." in question
    assert "Block developer" not in question
    assert refusal.status_code == 422
    assert "You cannot block yourself." in refusal.content.decode()
    ada.refresh_from_db()
    assert ada.is_active


def test_block_of_a_dialog_answers_htmx_with_the_page_to_go_to(console, ben):
    here = "/console/developers/?q=ok"

    response = console.post(
        url(ben, f"block/?next={here.replace('?', '%3F')}"), headers={"HX-Request": "true"}
    )

    assert response["HX-Redirect"] == here


def test_refused_dialog_comes_back_as_a_dialog(console, ada):
    response = console.post(url(ada, "block/"), headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert "<html" not in response.content.decode()


def test_activate_from_the_list_goes_back_to_the_list(console, ben):
    actions.block_user(user=ben, by=None)

    response = console.post(url(ben, "activate/"), {"next": "/console/developers/?state=blocked"})

    assert response["Location"] == "/console/developers/?state=blocked"


def test_delete_needs_the_address_typed(console, ben):
    wrong = console.post(url(ben, "delete/"), {"email": "ada@example.org"})
    empty = console.post(url(ben, "delete/"))

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "This is not the address of this developer." in wrong.content.decode()
    assert User.objects.filter(pk=ben.pk).exists()


def test_delete_removes_the_person_and_keeps_the_journal(console, ben):
    response = console.post(url(ben, "delete/"), {"email": "Ben@example.org "}, follow=True)

    assert not User.objects.filter(pk=ben.pk).exists()
    assert Event.objects.filter(action="user.deleted", subject_id=ben.public_id).exists()
    assert response.redirect_chain == [("/console/developers/", 302)]
    assert text_of(response) == "Ben Okafor was deleted."


def test_delete_refuses_oneself(console, ada):
    response = console.post(url(ada, "delete/"), {"email": ada.email})

    assert response.status_code == 422
    assert "You cannot delete yourself." in response.content.decode()


def test_delete_asks_for_the_password_when_it_was_given_long_ago(console, ben):
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        response = console.post(url(ben, "delete/"), {"email": ben.email})

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/again/")
    assert User.objects.filter(pk=ben.pk).exists()


# --- Passwords and sessions ------------------------------------------------------------------


def test_set_password_replaces_it_and_ends_the_sessions(console, ben):
    sign_in(ben)

    console.post(url(ben, "password/"), {"password": GOOD_PASSWORD, "must_change_password": "on"})

    ben.refresh_from_db()
    assert ben.check_password(GOOD_PASSWORD)
    assert ben.must_change_password
    assert not Session.objects.filter(user=ben).exists()
    assert Message.objects.get().kind == "password_changed"


def test_set_password_refuses_a_bad_one_and_does_not_show_it(console, ben):
    response = console.post(url(ben, "password/"), {"password": "okafor1"})

    assert response.status_code == 422
    assert "okafor1" not in response.content.decode()
    ben.refresh_from_db()
    assert ben.check_password(PASSWORD)


def test_set_password_of_oneself_leads_to_the_page_that_asks_for_the_one_in_use(console, ada):
    response = console.post(url(ada, "password/"), {"password": GOOD_PASSWORD})

    assert response["Location"] == "/profile/password/"
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_password_link_is_sent(console, ben):
    response = console.post(url(ben, "password-link/"), follow=True)

    assert Message.objects.get().kind == "password_link"
    assert "on its way to ben@example.org" in text_of(response)


def test_password_link_is_refused_for_a_blocked_person(console, ben):
    actions.block_user(user=ben, by=None)

    response = console.post(url(ben, "password-link/"), follow=True)

    assert text_of(response) == "This person is blocked. Activate them first."
    assert not Message.objects.exists()


def test_sessions_end_signs_them_out_everywhere(console, ben):
    browser = sign_in(ben)

    response = console.post(url(ben, "sessions/end/"), follow=True)

    assert text_of(response) == "1 session ended."
    assert browser.get("/").status_code == 302


def test_sessions_end_of_oneself_keeps_this_one(console, ada):
    elsewhere = sign_in(ada)

    console.post(url(ada, "sessions/end/"))

    assert console.get("/console/developers/").status_code == 200
    assert elsewhere.get("/console/developers/").status_code == 302
