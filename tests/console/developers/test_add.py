"""Add user."""

import re

import pytest

from accounts.models import Role, User
from audit.models import Event
from mail.models import Message
from tests.console.developers.page import GOOD_PASSWORD, text_of, url
from tests.factories import InvitationFactory, RoleFactory

pytestmark = pytest.mark.django_db

ADD = "/console/developers/add/"
HANA = {
    "email": "hana.tanaka@quarry.example",
    "first_name": "Hana",
    "last_name": "Tanaka",
}


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
