"""Links to choose a password: one open at a time, spent once, never stored."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import password_links
from accounts.actions import (
    PasswordLinkNotUsable,
    UserIsBlocked,
    activate_user,
    block_user,
    edit_user,
    send_password_link,
    set_password,
    use_password_link,
)
from accounts.models import Session, User
from audit.models import Event
from base.tokens import derive_token
from mail.models import Message
from tests.factories import PASSWORD, InvitationFactory
from tests.portal.pages import NEW_PASSWORD, invitation_link, password_link
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def works(link: str) -> bool:
    response = Client().get(link)
    assert response.status_code in {302, 404}
    return response.status_code == 302


def choose(link: str, password: str = NEW_PASSWORD, *, client: Client | None = None):
    """Open the link as a browser does, and post a password."""
    client = client or Client()
    page = client.get(link, follow=True)
    return client.post(page.redirect_chain[-1][0], {"password": password})


def test_link_changes_the_password_and_ends_every_session(portal, ben):
    send_password_link(user=ben, by=None)

    answer = choose(password_link(ben))

    assert answer.status_code == 302
    assert answer["Location"] == "/password/reset/done/"
    ben.refresh_from_db()
    assert ben.check_password(NEW_PASSWORD)
    assert not ben.must_change_password
    assert not Session.objects.filter(user=ben).exists()
    assert Message.objects.filter(kind="password_changed", to=ben.email).count() == 1
    event = Event.objects.get(action="user.password_set")
    assert event.actor_id == event.subject_id == ben.public_id


def test_link_does_not_sign_in(ben):
    send_password_link(user=ben, by=None)
    client = Client()

    choose(password_link(ben), client=client)

    assert client.get("/").status_code == 302


def test_link_works_in_the_browser_that_is_signed_in(portal, ben):
    send_password_link(user=ben, by=None)

    answer = choose(password_link(ben), client=portal)

    assert answer["Location"] == "/password/reset/done/"
    assert portal.get("/password/reset/done/").status_code == 200
    assert portal.get("/profile/").status_code == 302


def test_link_leaves_somebody_else_signed_in(console, ben):
    send_password_link(user=ben, by=None)

    choose(password_link(ben), client=console)

    assert "Ada Lovelace" in console.get("/").content.decode()


def test_link_works_once(ben):
    send_password_link(user=ben, by=None)
    link = password_link(ben)
    choose(link)

    assert not works(link)


def test_a_spent_link_is_refused_whoever_still_holds_it(ben):
    user = send_password_link(user=ben, by=None)
    nonce = user.password_link_nonce
    use_password_link(user=user, nonce=nonce, password=NEW_PASSWORD)

    with pytest.raises(PasswordLinkNotUsable):
        use_password_link(user=user, nonce=nonce, password=f"{NEW_PASSWORD} 2")


def test_looking_at_the_link_spends_nothing(ben):
    send_password_link(user=ben, by=None)
    link = password_link(ben)
    scanner = Client()
    for _ in range(10):
        assert scanner.get(link).status_code == 302
        assert scanner.head(link).status_code == 302

    assert choose(link).status_code == 302
    ben.refresh_from_db()
    assert ben.check_password(NEW_PASSWORD)


def test_link_leaves_the_address_and_is_not_in_the_session(ben):
    send_password_link(user=ben, by=None)
    link = password_link(ben)
    token = link.rstrip("/").rpartition(f"{ben.public_id.hex}-")[2]
    client = Client()

    redirect = client.get(link)
    page = client.get(redirect["Location"])

    assert token not in redirect["Location"]
    assert token not in page.content.decode()
    assert token not in str(dict(client.session.items()))
    for response in (redirect, page):
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_address_without_the_token_opens_nothing_elsewhere(ben):
    send_password_link(user=ben, by=None)
    redirect = Client().get(password_link(ben))

    assert Client().get(redirect["Location"]).status_code == 404
    assert Client().post(redirect["Location"], {"password": NEW_PASSWORD}).status_code == 404


def test_new_link_voids_the_earlier(ben, ada):
    send_password_link(user=ben, by=None)
    earlier = password_link(ben)
    send_password_link(user=ben, by=ada)

    assert not works(earlier)
    assert works(password_link(ben))


def test_page_opened_before_a_newer_letter_is_dead(ben, ada):
    send_password_link(user=ben, by=None)
    client = Client()
    page = client.get(password_link(ben), follow=True).redirect_chain[-1][0]
    send_password_link(user=ben, by=ada)

    answer = client.post(page, {"password": NEW_PASSWORD})

    assert answer.status_code == 404
    ben.refresh_from_db()
    assert ben.check_password(PASSWORD)


def test_block_voids_the_link_and_activate_does_not_bring_it_back(ben, ada):
    send_password_link(user=ben, by=None)
    link = password_link(ben)

    block_user(user=ben, by=ada)
    assert not works(link)

    activate_user(user=ben, by=ada)
    assert not works(link)


def test_block_between_page_and_post_refuses(ben, ada):
    send_password_link(user=ben, by=None)
    client = Client()
    page = client.get(password_link(ben), follow=True).redirect_chain[-1][0]
    block_user(user=ben, by=ada)

    assert client.post(page, {"password": NEW_PASSWORD}).status_code == 404


def test_new_address_voids_the_link(ben, ada):
    send_password_link(user=ben, by=None)
    link = password_link(ben)

    edit_user(user=ben, by=ada, email="benjamin@example.org")

    assert not works(link)


def test_password_change_voids_the_link(ben):
    send_password_link(user=ben, by=None)
    link = password_link(ben)

    set_password(user=ben, password=NEW_PASSWORD, by=ben)

    assert not works(link)


def test_blocked_person_is_sent_no_link(ben, ada):
    block_user(user=ben, by=ada)

    with pytest.raises(UserIsBlocked):
        send_password_link(user=ben, by=None)


@pytest.mark.parametrize("hours_by_whom", [(2, None), (48, "ada")])
def test_link_works_as_long_as_it_says(ben, ada, hours_by_whom):
    hours, by = hours_by_whom
    with time_machine.travel(timezone.now(), tick=False) as clock:
        send_password_link(user=ben, by=ada if by else None)
        link = password_link(ben)
        clock.shift(timedelta(hours=hours, seconds=-1))
        assert works(link)
        clock.shift(timedelta(seconds=2))
        assert not works(link)


def test_token_of_another_purpose_is_refused(ben, ada):
    send_password_link(user=ben, by=None)
    ben.refresh_from_db()
    forged = derive_token(purpose="invitation", row_id=ben.public_id, nonce=ben.password_link_nonce)
    own = password_links.TokenGenerator().make_token(ben)
    invitation = InvitationFactory(sender=ada)
    invited = invitation_link(invitation).strip("/").rpartition("/")[2]

    assert not works(password_link(ben).replace(own, forged))
    assert not works(password_link(ben).replace(own, invited))
    assert Client().get(f"/invitations/{own}/").status_code == 404


def test_link_of_somebody_else_is_refused(ben, ada):
    send_password_link(user=ben, by=None)

    assert not works(password_link(ben).replace(ben.public_id.hex, ada.public_id.hex))


def test_person_without_a_nonce_has_no_link(ben):
    """An empty nonce gives a token too; it must open nothing."""
    assert not works(password_link(ben))


def test_weak_password_is_refused_and_the_link_stays_open(ben):
    send_password_link(user=ben, by=None)
    client = Client()

    answer = choose(password_link(ben), "otters swim", client=client)

    assert answer.status_code == 422
    assert "Use at least 12 characters. This one has 11." in answer.content.decode()
    assert works(password_link(ben))


def test_link_outlives_a_rotation_of_the_secret_key(ben, settings):
    send_password_link(user=ben, by=None)
    link = password_link(ben)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "y" * 50

    assert works(link)


@pytest.mark.django_db(transaction=True)
def test_use_password_link_spends_it_once_when_posted_at_once(ben):
    user = send_password_link(user=ben, by=None)

    def use(number: int) -> User:
        return use_password_link(
            user=user, nonce=user.password_link_nonce, password=f"{NEW_PASSWORD} {number}"
        )

    outcomes = race(*[lambda number=number: use(number) for number in range(8)])

    assert len(refusals(outcomes, PasswordLinkNotUsable)) == 7
    assert Event.objects.filter(action="user.password_set").count() == 1


def test_opening_links_is_limited_by_address(ben):
    forged = f"/password/reset/key/{ben.public_id.hex}-{'x' * 43}/"
    scanner = Client()

    answers = [scanner.post(forged).status_code for _ in range(21)]

    assert answers == [404] * 20 + [429]
