"""What one developer's page and its tabs say of subscriptions, keys and calls."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.actions import block_user
from catalog.models import Subscription
from gateway.models import CallCount
from tests.console.developers.page import text_of, url
from tests.factories import KeyFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db
TABS = ["subscriptions/", "keys/"]


@pytest.fixture
def key(ben):
    key = KeyFactory(
        subscription__owner=ben,
        subscription__name="Planner",
        last_used_at=timezone.now(),
        last_used_address="198.51.100.7",
    )
    for reason, calls in [("", 7), ("key_expired", 2)]:
        CallCount.objects.create(key=key, day=datetime.now(UTC).date(), reason=reason, calls=calls)
    KeyFactory(subscription__name="Of somebody else")
    return key


def page_of(client, user, tab=""):
    return client.get(url(user, tab)).content.decode()


@pytest.mark.parametrize("tab", ["", *TABS])
def test_every_tab_leads_to_the_others_and_counts(console, key, ben, tab):
    SubscriptionFactory(owner=ben)

    page = page_of(console, ben, tab)

    assert f'href="{url(ben, "subscriptions/")}"' in page
    assert f'href="{url(ben, "keys/")}"' in page
    tabs = " ".join(page.split('class="tabs"')[1].split("</nav>")[0].split())
    assert 'Subscriptions <span class="count">2</span>' in tabs
    assert 'Keys <span class="count">1</span>' in tabs
    assert tabs.count("aria-current") == 1
    assert "7 calls today, 7 this week" in page
    assert "2 refused today, 2 this week" in page
    assert "Of somebody else" not in page


def test_without_any_the_tabs_say_so(console, ben):
    assert "No subscriptions" in page_of(console, ben, "subscriptions/")
    assert "No keys" in page_of(console, ben, "keys/")


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("tab", ["", *TABS])
def test_tabs_ask_the_same_queries_for_any_number(
    console, ben, tab, number, django_assert_num_queries
):
    for _one in range(number):
        KeyFactory(subscription__owner=ben)
    page_of(console, ben, tab)

    with django_assert_num_queries({"": 21, "subscriptions/": 12, "keys/": 11}[tab]):
        page = page_of(console, ben, tab)

    assert page.count("apim_test_") + page.count("apim_live_") >= number


def test_the_page_shows_active_subscriptions_first_and_leads_to_the_rest(console, ben):
    active = SubscriptionFactory(owner=ben, name="Works")
    for number in range(6):
        SubscriptionFactory(owner=ben, name=f"Old {number}", state=Subscription.State.CANCELLED)

    page = page_of(console, ben)

    assert active.name in page
    assert page.count("Old ") == 4
    assert "All 7 subscriptions" in page


def test_a_row_of_the_tab_offers_the_next_step(console, key, ben):
    page = page_of(console, ben, "subscriptions/")

    back = f"?next={url(ben, 'subscriptions/')}"
    address = f"/console/subscriptions/{key.subscription.public_id}/suspend/{back}"
    assert f'href="{address}"' in page
    assert console.post(address, {})["Location"] == url(ben, "subscriptions/")


def test_each_key_tells_whether_it_works_and_was_used(console, key, ben, ada):
    subscription = key.subscription
    now = timezone.now()
    KeyFactory(subscription=subscription, slot="secondary", is_imported=True)
    KeyFactory(subscription=subscription, replaced_at=now, expires_at=now + timedelta(days=7))
    KeyFactory(subscription=subscription, replaced_at=now, expires_at=now)
    KeyFactory(subscription__owner=ben, expires_at=now)

    page = page_of(console, ben, "keys/")

    for words in ["Live", "Secondary key, imported", "Replaced, works on", "Replaced<", "Ended"]:
        assert words in page, words
    assert "198.51.100.7" in page
    assert "Not used yet" in page
    assert "Refused" not in page
    block_user(user=ben, by=ada)
    assert page_of(console, ben, "keys/").count("Refused") == 3


def test_a_key_is_ended_from_the_tab_and_leads_back_to_it(console, key, ben):
    back = f"?next={url(ben, 'keys/')}"
    address = f"/console/subscriptions/{key.subscription.public_id}/keys/{key.public_id}"
    page = page_of(console, ben, "keys/")

    assert f'href="{address}/end/{back}"' in page
    assert console.post(f"{address}/expiry/{back}", {"ends_at": ""})["Location"] == url(
        ben, "keys/"
    )
    assert console.post(f"{address}/end/{back}")["Location"] == url(ben, "keys/")
    key.refresh_from_db()
    assert not key.is_live


def test_a_block_tells_how_many_keys_it_stopped(console, key, ben):
    SubscriptionFactory(owner=ben, state=Subscription.State.CANCELLED)
    KeyFactory(subscription=Subscription.objects.get(state="cancelled"))

    answer = console.post(url(ben, "block/"), {"reason": "Left"}, follow=True)

    assert "Ben Okafor is blocked. Their 1 key is refused from now on." in text_of(answer)
    page = page_of(console, ben)
    assert "<dt>Keys refused</dt> <dd>1</dd>" in " ".join(page.split())
