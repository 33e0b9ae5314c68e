"""One developer's page: who may see it, what it shows, and that looking changes nothing."""

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import Session, User
from audit.models import Event
from mail.models import Message
from tests.conftest import sign_in
from tests.console.developers.page import url
from tests.factories import AdministratorFactory, InvitationFactory

pytestmark = pytest.mark.django_db

ADD = "/console/developers/add/"
PAGES = ["", "edit/", "roles/", "note/", "block/", "activate/", "delete/", "password/"]
POSTS_ONLY = ["password-link/", "sessions/end/"]


def snapshot():
    """Everything about people that a page could have changed."""
    ignored = {"last_seen_at", "last_login"}
    users = [
        {name: value for name, value in row.items() if name not in ignored}
        for row in User.objects.order_by("pk").values()
    ]
    roles = list(User.roles.through.objects.order_by("pk").values())
    return users, roles, Session.objects.count(), Message.objects.count(), Event.objects.count()


# --- Doors -------------------------------------------------------------------------------------


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
    # Only that they were refused is noted.
    Event.objects.get(action="console.refused")
    *rows, events = snapshot()
    assert (*rows, events - 1) == before


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


# --- The page ----------------------------------------------------------------------------------


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


def test_a_blocked_person_is_activated_beside_the_state(console, ada, ben):
    actions.block_user(user=ben, by=ada)

    content = console.get(url(ben)).content.decode()

    account = content[content.index("account-title") : content.index("Registered")]
    assert f'action="{url(ben, "activate/")}"' in account


def test_page_says_what_the_block_ended(console, ada, ben):
    sign_in(ben)
    sign_in(ben)
    actions.block_user(user=ben, by=ada)

    content = " ".join(console.get(url(ben)).content.decode().split())

    assert "<dt>Sessions ended</dt> <dd>2</dd>" in content


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

    with django_assert_num_queries(19):
        console.get(url(ben))
