"""Every email to one developer, on their page and in the outbox."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import actions
from catalog.actions import (
    cancel_subscription,
    delete_subscription,
    end_key,
    reject_subscription,
    subscribe,
)
from mail.models import Message
from tests.console.developers.page import url
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    KeyFactory,
    ProductFactory,
    SubscriptionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def email(kind, to, reference=None):
    return Message.objects.create(
        kind=kind, to=to, reference=reference or uuid4(), message_id=f"<{uuid4()}@x>", state="sent"
    )


def shown(console, user):
    """Kind and address of each email, as the page lists them."""
    letters = console.get(url(user)).context["letters"]
    return [(letter["row"].kind, letter["row"].to) for letter in letters]


def in_outbox(console, user_id, query=""):
    rows = console.get(f"/console/mail/?developer={user_id}{query}").context["rows"]
    return [(row.letter.kind, row.letter.to) for row in rows]


def test_everything_to_them_is_listed_the_newest_first(console, ada, ben):
    former = "benjamin@example.org"
    # Before there was an account: one invitation ended, the other went to another address.
    revoked = InvitationFactory(sender=ada, revoked_at=timezone.now())
    email("invitation", ben.email, revoked.public_id)
    accepted = InvitationFactory(sender=ada, user=ben, accepted_at=timezone.now())
    email("invitation", former, accepted.public_id)
    email("welcome", former, ben.public_id)
    subscription = SubscriptionFactory(owner=ben)
    email("subscription_added", former, subscription.public_id)
    end_key(key=KeyFactory(subscription=subscription), by=ada)
    gone = SubscriptionFactory(owner=ben)
    email("subscription_added", ben.email, gone.public_id)
    delete_subscription(subscription=gone, by=ada)

    expected = [
        ("subscription_deleted", ben.email),
        ("subscription_added", ben.email),
        ("key_revoked", ben.email),
        ("subscription_added", former),
        ("welcome", former),
        ("invitation", former),
        ("invitation", ben.email),
    ]
    assert shown(console, ben) == expected
    assert in_outbox(console, ben.public_id) == expected
    page = console.get(url(ben)).content.decode()
    assert f"to {former}" in page
    assert f'href="/console/mail/?developer={ben.public_id}"' in page
    assert f"/console/mail/{Message.objects.get(kind='key_revoked').public_id}/" in page


def test_what_tells_others_of_them_is_not_theirs(console, ada, ben):
    subscription, _keys = subscribe(product=ProductFactory(approval_needed=True), by=ben)
    reject_subscription(subscription=subscription, comment="Not now", by=ada)

    assert shown(console, ben) == [("subscription_rejected", ben.email)]
    assert shown(console, ada) == [("subscription_requested", ada.email)]


def test_somebody_elses_emails_to_an_address_are_not_the_next_owners(console, ada, ben):
    email("invitation", ben.email, InvitationFactory(sender=ada, user=ben).public_id)
    cancel_subscription(subscription=SubscriptionFactory(owner=ben), by=ada)
    actions.send_password_link(user=ben, by=ada)
    actions.edit_user(user=ben, email="new@example.org", by=ada)
    chen = UserFactory(email="ben@example.org")
    actions.send_password_link(user=chen, by=ada)

    assert shown(console, chen) == [("password_link", chen.email)]
    assert len(shown(console, ben)) == 6


def test_an_email_of_an_unknown_kind_is_listed(console, ben):
    email("from_the_future", ben.email, ben.public_id)
    email("from_the_future", ben.email)

    assert shown(console, ben) == [("from_the_future", ben.email)] * 2


def test_the_page_shows_ten_and_the_outbox_all(console, ben):
    for _number in range(12):
        email("password_link", ben.email, ben.public_id)
    email("welcome", "chen@example.org")

    assert len(shown(console, ben)) == 10
    assert in_outbox(console, ben.public_id) == [("password_link", ben.email)] * 12
    page = console.get(f"/console/mail/?developer={ben.public_id}&state=sent").content.decode()
    assert "To Ben Okafor: show all" in page
    assert "developer=" in page.partition('class="tabs"')[2].partition("</nav>")[0]
    assert f'name="developer"\n                   value="{ben.public_id}"' in page
    assert in_outbox(console, ben.public_id, "&kind=welcome") == []


def test_the_outbox_of_a_deleted_developer_and_of_nonsense(console, ada, ben):
    chen = AdministratorFactory()
    email("welcome", ben.email, ben.public_id)
    email("welcome", chen.email, chen.public_id)
    actions.delete_user(user=ben, by=ada)

    assert in_outbox(console, ben.public_id) == [("welcome", ben.email)]
    page = console.get(f"/console/mail/?developer={ben.public_id}").content.decode()
    assert "To a deleted developer: show all" in page
    assert len(in_outbox(console, "nonsense")) == 2


def test_all_failed_emails_are_not_offered_to_be_sent_from_one_developers_list(console, ben):
    Message.objects.filter(pk=email("welcome", ben.email, ben.public_id).pk).update(state="failed")

    everybody = console.get("/console/mail/?state=failed").content.decode()
    theirs = console.get(f"/console/mail/?state=failed&developer={ben.public_id}").content.decode()

    assert "Send all of them" in everybody
    assert "Send all of them" not in theirs


@pytest.mark.parametrize("number", [1, 4])
def test_page_and_outbox_ask_the_same_queries_for_any_number(
    console, ada, ben, number, django_assert_num_queries
):
    for _one in range(number):
        subscription = SubscriptionFactory(owner=ben)
        email("subscription_added", ben.email, subscription.public_id)
        email("invitation", ben.email, InvitationFactory(sender=ada).public_id)
    for address in (url(ben), f"/console/mail/?developer={ben.public_id}"):
        console.get(address)

    with django_assert_num_queries(21):
        console.get(url(ben))
    with django_assert_num_queries(15):
        console.get(f"/console/mail/?developer={ben.public_id}")
