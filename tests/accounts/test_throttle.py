"""SECURITY promise 9: throttling is exact and cannot be turned on the owner."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.actions import send_password_link
from audit.models import Event
from tests.factories import PASSWORD, UserFactory
from tests.portal.pages import NEW_PASSWORD, attempt, password_link
from tests.racing import race

pytestmark = pytest.mark.django_db

TOO_MANY = "Too many attempts. Try again in 15 minutes, or reset your password."


def evaluations() -> int:
    """How many passwords were really compared: each failure leaves one event."""
    return Event.objects.filter(action="user.sign_in_failed").count()


def test_sign_in_refuses_the_sixth_attempt_unseen(ben):
    answers = [attempt(ben.email).status_code for _ in range(5)]

    sixth = attempt(ben.email, PASSWORD)

    assert answers == [422] * 5
    assert sixth.status_code == 429
    assert TOO_MANY in sixth.content.decode()
    assert evaluations() == 5


def test_sign_in_counts_unknown_addresses_alike(ben):
    for _ in range(5):
        attempt("nobody@example.org")

    assert attempt("nobody@example.org").status_code == 429
    assert attempt("NOBODY@Example.org ").status_code == 429
    assert evaluations() == 5


def test_sign_in_counts_each_address_of_the_network_apart(ben):
    for _ in range(6):
        attempt(ben.email, address="10.0.0.1")

    assert attempt(ben.email, PASSWORD, address="10.0.0.2").status_code == 302


def test_sign_in_takes_a_network_of_ipv6_for_one_address(ben):
    for last in range(5):
        attempt(ben.email, address=f"2001:db8::{last + 1}")

    assert attempt(ben.email, PASSWORD, address="2001:db8::ffff").status_code == 429
    assert attempt(ben.email, PASSWORD, address="2001:db8:0:1::1").status_code == 302


def test_sign_in_success_gives_the_attempt_back(ben):
    for _ in range(4):
        attempt(ben.email)

    assert [attempt(ben.email, PASSWORD).status_code for _ in range(3)] == [302] * 3
    assert attempt(ben.email).status_code == 422
    assert attempt(ben.email).status_code == 429


def test_owner_on_a_known_device_passes_a_guesser_in_the_same_office(ben):
    laptop = Client()
    attempt(ben.email, PASSWORD, client=laptop)
    laptop.post("/sign-out/")
    for _ in range(6):
        attempt(ben.email)

    assert attempt(ben.email, PASSWORD).status_code == 429
    assert attempt(ben.email, PASSWORD, client=laptop).status_code == 302


def guess_from_many_addresses(email: str) -> list[int]:
    """Twenty guesses, four from each of five addresses: none meets the limit of its address."""
    return [attempt(email, address=f"10.0.1.{i % 5}").status_code for i in range(20)]


def test_unknown_devices_share_twenty_attempts_an_hour(ben):
    laptop = Client()
    attempt(ben.email, PASSWORD, client=laptop)
    laptop.post("/sign-out/")

    assert guess_from_many_addresses(ben.email) == [422] * 20

    assert attempt(ben.email, PASSWORD, address="10.0.2.1").status_code == 429
    assert attempt(ben.email, PASSWORD, address="10.0.2.1", client=laptop).status_code == 302


def test_owner_gets_in_by_a_password_link_while_everybody_guesses(ben):
    guess_from_many_addresses(ben.email)
    send_password_link(user=ben, by=None)
    phone = Client()
    page = phone.get(password_link(ben), follow=True)
    phone.post(page.redirect_chain[-1][0], {"password": NEW_PASSWORD})
    guess_from_many_addresses(ben.email)

    assert attempt(ben.email, NEW_PASSWORD, address="10.0.1.1", client=phone).status_code == 302


def test_device_is_unknown_again_once_the_password_changed(ben):
    laptop = Client()
    attempt(ben.email, PASSWORD, client=laptop)
    ben.refresh_from_db()
    ben.security_epoch += 1
    ben.save()
    guess_from_many_addresses(ben.email)

    assert attempt(ben.email, PASSWORD, address="10.0.2.1", client=laptop).status_code == 429


def test_device_cookie_of_one_person_does_not_serve_another(ben):
    laptop = Client()
    attempt(ben.email, PASSWORD, client=laptop)
    laptop.post("/sign-out/")
    chen = UserFactory(email="chen@example.org")
    guess_from_many_addresses(chen.email)

    answer = attempt(chen.email, PASSWORD, address="10.0.2.1", client=laptop)

    assert answer.status_code == 429


def test_address_of_the_network_may_try_thirty_times_a_minute(ben):
    answers = [attempt(f"nobody{i}@example.org").status_code for i in range(31)]

    assert answers == [422] * 30 + [429]


def test_throttle_does_not_forget_because_many_addresses_were_tried(ben):
    """Django's cache throws entries away beyond 300 unless told otherwise."""
    for _ in range(5):
        attempt(ben.email)
    for i in range(400):
        cache.set(f"later-in-order-{i}", [1.0], 3600)

    assert attempt(ben.email, PASSWORD).status_code == 429


def test_long_password_is_refused_before_it_is_compared(ben):
    answer = attempt(ben.email, "x" * 129)

    assert answer.status_code == 422
    assert evaluations() == 0


def test_reauthentication_is_counted_too(portal, ben):
    answers = [
        portal.post("/sign-in/again/", {"password": "not the password"}).status_code
        for _ in range(6)
    ]

    assert answers == [422] * 5 + [429]


@pytest.mark.django_db(transaction=True)
def test_hundred_parallel_attempts_compare_at_most_five_passwords(ben):
    def twice():
        return [attempt(ben.email).status_code for _ in range(2)]

    outcomes = race(*[twice] * 50)

    answers = [answer for outcome in outcomes for answer in outcome]
    assert len(answers) == 100
    assert set(answers) <= {422, 429}
    assert 1 <= evaluations() <= 5
    assert answers.count(422) == evaluations()
