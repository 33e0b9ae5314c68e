"""SECURITY promise 9: throttling is exact and cannot be turned on the owner."""

import pytest
from django.core import signing
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from accounts import devices
from accounts.actions import send_password_link
from audit.models import Event
from base.retry_after import RetryAfterMiddleware
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
    # Five in five minutes: there is room again when the first of them is five minutes old.
    assert 200 < int(sixth["Retry-After"]) <= 300
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


def known_device_of(user) -> Client:
    """A browser that signed in as the user before, and is signed out."""
    browser = Client()
    assert attempt(user.email, PASSWORD, client=browser).status_code == 302
    browser.post("/sign-out/")
    return browser


def use_up_every_limit(email: str, address: str = "10.0.0.1") -> None:
    """A guesser behind one IP address: the account's attempts, then those of the IP address."""
    for _ in range(6):
        attempt(email, address=address)
    answers = [attempt(f"nobody{i}@example.org", address=address) for i in range(30)]
    assert answers[-1].status_code == 429
    guess_from_many_addresses(email)
    assert attempt(email, PASSWORD, address="10.0.3.1").status_code == 429


def test_known_device_signs_in_though_a_guesser_used_up_every_limit(ben):
    laptop = known_device_of(ben)
    use_up_every_limit(ben.email)

    assert attempt(ben.email, PASSWORD).status_code == 429
    assert attempt(ben.email, client=laptop).status_code == 422
    assert attempt(ben.email, PASSWORD, client=laptop).status_code == 302


def test_known_device_has_five_attempts_of_its_own(ben):
    laptop, tablet = known_device_of(ben), known_device_of(ben)
    use_up_every_limit(ben.email)
    before = evaluations()

    answers = [attempt(ben.email, client=laptop).status_code for _ in range(7)]

    assert answers == [422] * 5 + [429] * 2
    assert evaluations() == before + 5
    assert attempt(ben.email, PASSWORD, client=laptop).status_code == 429
    assert attempt(ben.email, PASSWORD, client=tablet).status_code == 302


def test_stolen_device_cookie_guesses_from_nowhere_without_end(ben, time_machine):
    """By its cookie, whatever its IP address: 20 an hour, 100 in a row."""
    laptop = known_device_of(ben)
    time_machine.move_to("2026-11-29T08:00:00Z", tick=False)

    def guesses(number: int) -> int:
        begin = evaluations()
        for i in range(number):
            attempt(ben.email, client=laptop, address=f"10.1.0.{i}")
        return evaluations() - begin

    assert guesses(10) == 5
    total = 5
    for _ in range(4):
        time_machine.shift(301)
        total += guesses(10)
    assert total == 20
    for _ in range(40):
        time_machine.shift(1801)
        total += guesses(10)
    assert total == 100


def test_signing_in_again_makes_no_further_device(ben):
    laptop = known_device_of(ben)
    before = Client(headers={"cookie": laptop.cookies.output(header="", sep=";")})
    attempt(ben.email, PASSWORD, client=laptop)
    laptop.post("/sign-out/")

    for _ in range(5):
        attempt(ben.email, client=before)

    assert attempt(ben.email, PASSWORD, client=laptop).status_code == 429


def test_device_cookie_of_an_earlier_release_is_still_known(ben):
    laptop = Client()
    laptop.cookies["device"] = signing.dumps(
        {str(ben.public_id): ben.security_epoch}, salt=devices.SALT
    )
    use_up_every_limit(ben.email)

    assert attempt(ben.email, PASSWORD, client=laptop).status_code == 302
    device = signing.loads(laptop.cookies["device"].value, salt=devices.SALT)[str(ben.public_id)]
    assert device[0] == ben.security_epoch
    assert device[1] != devices.UNNAMED


@pytest.mark.parametrize("value", ["", "made up", "e30:1vPzXZ:made-up"])
def test_made_up_device_cookie_is_no_known_device(ben, value):
    browser = Client()
    browser.cookies["device"] = value
    for _ in range(5):
        attempt(ben.email, client=browser)

    assert attempt(ben.email, PASSWORD, client=browser).status_code == 429


def test_known_device_asks_for_a_password_link_though_others_used_up_the_limit(ben):
    laptop = known_device_of(ben)

    def ask(email, client):
        return client.post("/password/reset/", {"email": email}, REMOTE_ADDR="10.0.0.1")

    stranger = Client()
    assert [ask(ben.email, stranger).status_code for _ in range(6)] == [302] * 5 + [429]
    for i in range(20):
        ask(f"nobody{i}@example.org", stranger)
    assert ask("another@example.org", stranger).status_code == 429

    assert [ask(ben.email, laptop).status_code for _ in range(6)] == [302] * 5 + [429]
    assert ask("another@example.org", laptop).status_code == 429


def test_session_without_a_device_gives_its_password_again_past_a_guesser(portal, ben):
    del portal.cookies["device"]
    use_up_every_limit(ben.email, address="127.0.0.1")

    answer = portal.post("/sign-in/again/", {"password": PASSWORD})

    assert answer.status_code == 302


def throttled() -> list[tuple[str, str]]:
    found = Event.objects.filter(action="user.sign_in_throttled").order_by("pk")
    return [(event.subject_label, event.address) for event in found]


def test_throttled_attempts_leave_one_event_for_each_limit_and_window(ben, time_machine):
    time_machine.move_to("2026-11-29T08:00:00Z", tick=False)
    for _ in range(15):
        attempt(ben.email)
    assert throttled() == [(ben.audit_label, "10.0.0.1")]

    time_machine.shift(302)
    for _ in range(15):
        attempt(ben.email)

    assert throttled() == [(ben.audit_label, "10.0.0.1")] * 2


def test_throttled_attempts_on_unknown_addresses_are_recorded_alike(ben):
    for _ in range(15):
        attempt("my-password@example.org")

    assert throttled() == [("Unknown address", "10.0.0.1")]
    event = Event.objects.get(action="user.sign_in_throttled")
    assert "my-password" not in f"{event.data}{event.subject_label}{event.actor_label}"


def test_guesser_does_not_flood_the_journal_by_changing_addresses(ben):
    for i in range(80):
        attempt(f"nobody{i}@example.org")
    guess_from_many_addresses(ben.email)
    for i in range(40):
        attempt(ben.email, address=f"10.0.4.{i}")

    # One for the IP address, one for the account.
    assert len(throttled()) == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_refusals_leave_one_event(ben):
    for _ in range(5):
        attempt(ben.email)

    race(*[lambda: attempt(ben.email).status_code] * 20)

    assert throttled() == [(ben.audit_label, "10.0.0.1")]


@pytest.mark.django_db(transaction=True)
def test_known_device_compares_five_passwords_beside_a_guesser_at_once(ben, monkeypatch):
    """Forty guesses of a stranger and forty with the owner's cookie, all at the same moment."""
    # What is counted is asked here, not how long ten of them wait to be hashed on a busy machine (503).
    monkeypatch.setattr("accounts.passwords.SLOT_WAIT_SECONDS", 60)
    laptop = known_device_of(ben)
    cookie = laptop.cookies["device"].value

    def guess(known: bool):
        browser = Client()
        if known:
            browser.cookies["device"] = cookie
        return [attempt(ben.email, client=browser).status_code for _ in range(2)]

    outcomes = race(*[lambda: guess(True), lambda: guess(False)] * 20)

    ours = [answer for outcome in outcomes[::2] for answer in outcome]
    theirs = [answer for outcome in outcomes[1::2] for answer in outcome]
    assert set(ours) | set(theirs) <= {422, 429}
    assert ours.count(422) <= 5
    assert theirs.count(422) <= 5
    assert evaluations() == ours.count(422) + theirs.count(422)


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


def test_every_refusal_says_when_its_own_limit_has_room_again(ben, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1/h/ip"}
    first, second = attempt(ben.email), attempt(ben.email)

    assert first.status_code == 422
    assert second.status_code == 429
    assert "Too many attempts" in second.text
    assert 3500 < int(second["Retry-After"]) <= 3600


def test_a_refusal_that_knows_no_limit_says_a_minute(rf):
    answer = RetryAfterMiddleware(lambda request: HttpResponse(status=429))(rf.get("/"))

    assert answer["Retry-After"] == "60"
