"""Sessions: what the database keeps of them, and what ends them."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actions import activate_user, block_user, delete_user, end_session, set_password
from accounts.models import Session
from audit.models import Event
from tests.factories import PASSWORD
from tests.portal.pages import NEW_PASSWORD

pytestmark = pytest.mark.django_db


def is_signed_in(client: Client) -> bool:
    response = client.get("/profile/")
    assert response.status_code in {200, 302}
    return response.status_code == 200


def cookie(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_database_keeps_only_the_hash_of_the_cookie(portal, ben):
    row = Session.objects.get(user=ben)

    assert row.session_key != cookie(portal)
    assert cookie(portal) not in row.session_data
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert not is_signed_in(thief)


def test_sign_in_begins_a_new_session(ben):
    client = Client()
    # Somebody planted a session in this browser.
    planted = client.session
    planted["basket"] = "theirs"
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key

    client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})

    assert cookie(client) != planted.session_key
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    assert not is_signed_in(thief)


def test_sign_out_ends_the_session_for_good(portal, ben):
    stolen = cookie(portal)

    portal.post("/sign-out/")

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_signed_in(thief)
    assert Event.objects.filter(action="user.signed_out", actor_id=ben.public_id).count() == 1


def test_block_ends_sessions_and_activate_never_revives_them(portal, ben, ada):
    assert is_signed_in(portal)

    block_user(user=ben, by=ada)
    assert not is_signed_in(portal)

    activate_user(user=ben, by=ada)
    assert not is_signed_in(portal)


def test_session_born_beside_a_block_is_dead(portal, ben, ada):
    """Even if its row outlived the block, the epoch in it would not match."""
    row = Session.objects.get(user=ben)

    block_user(user=ben, by=ada)
    activate_user(user=ben, by=ada)
    row.save(force_insert=True)

    assert not is_signed_in(portal)


def test_delete_ends_sessions(portal, ben, ada):
    delete_user(user=ben, by=ada)

    assert not is_signed_in(portal)


def test_password_set_by_an_administrator_ends_sessions(portal, ben, ada):
    set_password(user=ben, password=NEW_PASSWORD, by=ada)

    assert not is_signed_in(portal)


def test_ended_session_is_over(portal, ben, ada):
    end_session(session=Session.objects.get(user=ben), by=ada)

    assert not is_signed_in(portal)


def test_session_ends_after_twelve_idle_hours(ben):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})
        clock.shift(timedelta(hours=11, minutes=59))
        assert is_signed_in(client)
        clock.shift(timedelta(hours=12, minutes=1))
        assert not is_signed_in(client)


def test_session_ends_after_seven_days_however_busy(ben):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        form = {"email": ben.email, "password": PASSWORD, "remember": "on"}
        client.post("/sign-in/", form)
        for _ in range(16):
            clock.shift(timedelta(hours=10))
            assert is_signed_in(client)
        clock.shift(timedelta(hours=9))
        assert not is_signed_in(client)


@pytest.mark.parametrize(("remember", "max_age"), [({"remember": "on"}, 604800), ({}, "")])
def test_keep_me_signed_in_outlives_the_browser(ben, remember, max_age):
    client = Client()

    client.post("/sign-in/", {"email": ben.email, "password": PASSWORD} | remember)

    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == max_age


def test_row_tells_device_address_and_time(ben):
    client = Client(headers={"user-agent": "Otter/1"}, REMOTE_ADDR="192.0.2.7")
    client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})

    client.get("/profile/")

    row = Session.objects.get(user=ben)
    assert (row.user_agent, row.address) == ("Otter/1", "192.0.2.7")
    ben.refresh_from_db()
    assert ben.last_seen_at is not None


def test_being_seen_is_written_once_a_minute(ben):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        client.post("/sign-in/", {"email": ben.email, "password": PASSWORD})
        client.get("/profile/")
        first = Session.objects.get(user=ben).last_seen_at
        clock.shift(50)
        client.get("/profile/")
        assert Session.objects.get(user=ben).last_seen_at == first
        clock.shift(11)
        client.get("/profile/")
        assert Session.objects.get(user=ben).last_seen_at == first + timedelta(seconds=61)


def test_console_left_alone_asks_for_the_password_until_it_is_given(ada):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        client.post("/sign-in/", {"email": ada.email, "password": PASSWORD})
        assert client.get("/console/developers/").status_code == 200
        clock.shift(timedelta(minutes=31))

        asked = client.get("/console/developers/")
        assert asked["Location"] == "/sign-in/again/?next=/console/developers/"
        # Looking again, or at another page first, opens nothing.
        assert client.get("/profile/").status_code == 200
        assert client.get("/console/developers/").status_code == 302

        answer = client.post(asked["Location"], {"password": PASSWORD})
        assert answer["Location"] == "/console/developers/"
        assert client.get("/console/developers/").status_code == 200


def test_console_asks_for_the_password_after_twelve_busy_hours(ada):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        client.post("/sign-in/", {"email": ada.email, "password": PASSWORD})
        for _ in range(24):
            clock.shift(timedelta(minutes=29))
            assert client.get("/console/developers/").status_code == 200
        clock.shift(timedelta(minutes=25))
        assert client.get("/console/developers/").status_code == 302
        assert client.get("/profile/").status_code == 200
