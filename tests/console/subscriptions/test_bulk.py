"""One transition of many subscriptions."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog.models import Subscription
from console.subscriptions import bulk_views as subscriptions_bulk
from gateway.models import CallCount
from mail.models import Message
from tests.factories import KeyFactory, ProductFactory, SubscriptionFactory, UserFactory

pytestmark = pytest.mark.django_db
BULK = "/console/subscriptions/bulk/"
GONE = "6f1f64a4-3c8b-4d8a-9a53-0d4f2a3d1c11"
State = Subscription.State


@pytest.fixture(autouse=True)
def _each_subscription_is_a_transaction(settings):
    """Queries grow with the number of subscriptions here, and are meant to."""
    settings.ZEAL_ALLOWLIST = [{"model": "catalog.*"}, {"model": "accounts.*"}]


def ids(*subscriptions):
    return [str(subscription.public_id) for subscription in subscriptions]


def text_of(response):
    """What the page said afterwards."""
    return " ".join(" ".join(str(message) for message in response.context["messages"]).split())


def states():
    return [row.state_now for row in Subscription.objects.order_by("pk")]


def test_bulk_takes_post_only(console):
    assert console.get(BULK).status_code == 405


def test_an_approval_asks_first_and_names_blocked_owners(console):
    blocked = UserFactory(first_name="Dana", last_name="Reyes", blocked=True)
    waiting = [
        SubscriptionFactory(state=State.SUBMITTED, owner=blocked),
        SubscriptionFactory(state=State.SUBMITTED),
    ]

    for action in ["approve", "reject"]:
        page = console.post(BULK, {"action": action, "selected": ids(*waiting)}).content.decode()

        words = " ".join(page.split())
        assert f"{action.capitalize()} 2 requests?" in words
        assert "Dana Reyes" in words
        assert words.count("pill-blocked") == 1
        assert "1 belongs to a blocked developer, who cannot call any API until activated." in words
    assert states() == [State.SUBMITTED] * 2


def test_requests_are_approved_with_an_email_each(console):
    waiting = [SubscriptionFactory(state=State.SUBMITTED) for _one in range(2)]
    posted = {"action": "approve", "selected": ids(*waiting), "confirmed": "1"}

    response = console.post(BULK, posted, follow=True)

    assert text_of(response) == "2 requests approved."
    assert states() == [State.ACTIVE] * 2
    assert {letter.kind for letter in Message.objects.all()} == {"subscription_approved"}
    assert {letter.to for letter in Message.objects.all()} == {row.owner.email for row in waiting}


def test_what_is_not_possible_is_skipped_and_named(console, ben):
    waiting = SubscriptionFactory(state=State.SUBMITTED)
    active = SubscriptionFactory(owner=ben, name="Planner")

    response = console.post(
        BULK,
        {"action": "approve", "selected": ids(waiting, active), "confirmed": "1"},
        follow=True,
    )

    assert text_of(response) == (
        "1 request approved. 1 skipped. Planner, Ben Okafor: "
        "This is not possible now: the subscription is active."
    )


def test_a_rejection_asks_for_one_reason_for_all(console):
    waiting = [SubscriptionFactory(state=State.SUBMITTED) for _one in range(2)]
    posted = {"action": "reject", "selected": ids(*waiting)}

    asked = console.post(BULK, posted)
    refused = console.post(BULK, posted | {"confirmed": "1", "comment": "  "})
    assert (asked.status_code, refused.status_code) == (200, 422)
    assert "Reject 2 requests?" in asked.content.decode()
    assert "Say why" not in asked.content.decode()
    assert "Say why; the developers read it." in refused.content.decode()
    assert states() == [State.SUBMITTED] * 2
    done = console.post(BULK, posted | {"confirmed": "1", "comment": "No <b>plan</b>"}, follow=True)

    assert text_of(done) == "2 requests rejected."
    assert set(Subscription.objects.values_list("state", "comment")) == {
        (State.REJECTED, "No <b>plan</b>")
    }
    assert Message.objects.filter(kind="subscription_rejected").count() == 2


def test_a_suspension_says_what_it_hits_and_whom_it_leaves_out(console, ben):
    key = KeyFactory(subscription__owner=ben, subscription__name="Planner")
    CallCount.objects.create(key=key, day=datetime.now(UTC).date(), reason="", calls=12)
    waiting = SubscriptionFactory(state=State.SUBMITTED)
    posted = {"action": "suspend", "selected": ids(key.subscription, waiting)}

    asked = console.post(BULK, posted).content.decode()

    for words in [
        "Suspend 1 subscription?",
        "Planner",
        "Ben Okafor",
        "1 live key is refused from the next call on.",
        "12 calls passed today, 12 this week.",
        "1 is left out: not possible in its state.",
        "Reason (optional, the developers read it)",
    ]:
        assert words in asked
    assert states() == [State.ACTIVE, State.SUBMITTED]
    console.post(BULK, posted | {"confirmed": "1", "comment": "Unpaid"})

    key.subscription.refresh_from_db()
    assert (key.subscription.state, key.subscription.comment) == (State.SUSPENDED, "Unpaid")
    assert states()[1] == State.SUBMITTED


def test_cancelling_asks_first_and_leads_back_to_the_list_as_it_was(console):
    subscription = SubscriptionFactory()
    address = f"{BULK}?next=/console/subscriptions/%3Fstate%3Dactive"
    posted = {"action": "cancel", "selected": ids(subscription)}

    asked = console.post(address, posted)
    assert "Keep them" in asked.content.decode()
    assert states() == [State.ACTIVE]
    done = console.post(address, posted | {"confirmed": "1"})

    assert done["Location"] == "/console/subscriptions/?state=active"
    assert states() == [State.CANCELLED]


def test_activating_gives_back_all_but_those_past_their_end(console):
    suspended = SubscriptionFactory(state=State.SUSPENDED)
    expired = SubscriptionFactory(name="Old", ends_at=timezone.now() - timedelta(days=1))

    response = console.post(
        BULK, {"action": "activate", "selected": ids(suspended, expired)}, follow=True
    )

    assert "1 subscription activated. 1 skipped." in text_of(response)
    assert "Its end has passed. Choose a later one, or none." in text_of(response)
    assert states() == [State.ACTIVE, State.EXPIRED]


def test_nothing_that_fits_leaves_no_button(console):
    active = SubscriptionFactory()

    asked = console.post(BULK, {"action": "reject", "selected": ids(active)}).content.decode()

    assert "1 is left out" in asked
    assert 'class="btn btn-danger"' not in asked


def test_all_that_match_are_named_once_and_no_others_are_taken_later(console):
    product = ProductFactory()
    chosen = [SubscriptionFactory(product=product, state=State.SUBMITTED) for _one in range(2)]
    other = SubscriptionFactory(state=State.SUBMITTED)
    posted = {"action": "reject", "everyone": "1", "product": str(product.public_id)}

    asked = console.post(BULK, posted).content.decode()
    late = SubscriptionFactory(product=product, state=State.SUBMITTED)

    assert "Reject 2 requests?" in asked
    assert all(f'value="{public_id}"' in asked for public_id in ids(*chosen))
    assert f'value="{other.public_id}"' not in asked
    assert 'name="everyone"' not in asked
    console.post(
        BULK,
        {"action": "reject", "confirmed": "1", "comment": "No", "selected": ids(*chosen)},
    )
    late.refresh_from_db()
    assert late.state == State.SUBMITTED


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("nonsense", [{"state": "garbage"}, {"product": GONE}])
def test_a_filter_that_no_longer_fits_does_not_mean_everything(console, action, nonsense):
    SubscriptionFactory(state=State.SUBMITTED)
    # As after the product was deleted in another window.
    posted = {"action": action, "everyone": "1", "state": "submitted"} | nonsense

    response = console.post(BULK, posted, follow=True)

    assert text_of(response) == "The filter of the list no longer fits. Look at the list again."
    assert states() == [State.SUBMITTED]


def test_too_many_at_once_are_refused(console, monkeypatch):
    monkeypatch.setattr(subscriptions_bulk, "BULK_LIMIT", 1)
    two = [SubscriptionFactory() for _one in range(2)]

    response = console.post(BULK, {"action": "suspend", "selected": ids(*two)}, follow=True)

    assert "Narrow the list to 1." in text_of(response)
    assert states() == [State.ACTIVE] * 2


def test_long_lists_of_names_are_cut(console, monkeypatch):
    monkeypatch.setattr(subscriptions_bulk, "NAMES_SHOWN", 1)
    owner = UserFactory()
    two = [SubscriptionFactory(owner=owner, name=f"Number {n}") for n in range(2)]

    asked = console.post(BULK, {"action": "suspend", "selected": ids(*two)}).content.decode()
    approved = {"action": "approve", "selected": ids(*two), "confirmed": "1"}
    skipped = console.post(BULK, approved, follow=True)

    assert "and 1 more" in asked
    assert "Number 1" not in asked
    assert "2 skipped. Number 0" in text_of(skipped)
    assert "And 1 more." in text_of(skipped)


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({}, "Choose what to do"),
        ({"action": "delete"}, "Choose what to do"),
        ({"action": "approve"}, "Select at least one subscription."),
        ({"action": "approve", "selected": "nonsense"}, "Select at least one subscription."),
        ({"action": "approve", "selected": str(uuid4())}, "Select at least one subscription."),
    ],
)
def test_what_makes_no_sense_is_told_so(console, posted, told):
    response = console.post(BULK, posted, follow=True)

    assert told in text_of(response)


def test_the_bar_offers_what_the_state_allows(console):
    SubscriptionFactory(state=State.SUBMITTED)
    SubscriptionFactory()

    for state, offered in {
        "submitted": {"approve", "reject", "cancel"},
        "active": {"suspend", "cancel"},
        "": {"approve", "reject", "activate", "suspend", "cancel"},
    }.items():
        page = console.get("/console/subscriptions/", {"state": state}).content.decode()
        bar = page.split('id="bulk"')[1].split("</form>")[0]
        shown = {part.split('"')[0] for part in bar.split('value="')[1:]} & set(
            subscriptions_bulk.OPERATIONS
        )
        assert shown == offered, state
