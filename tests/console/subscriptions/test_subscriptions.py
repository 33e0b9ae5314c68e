"""The console's pages of subscriptions and keys."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from audit.models import Event
from catalog import actions
from catalog.keys import new_key
from catalog.models import Key, Subscription
from console.subscriptions import list_views as subscriptions
from gateway.models import CallCount
from tests.factories import KeyFactory, ProductFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db
State = Subscription.State


@pytest.fixture
def key(ben):
    return KeyFactory(
        subscription__owner=ben,
        subscription__name="Route planner",
        subscription__product=ProductFactory(name="Freight"),
    )


def at(row, *parts):
    return "/".join(["/console/subscriptions", str(row.public_id), *map(str, parts), ""])


def page_of(client, address="/console/subscriptions/"):
    return client.get(address).content.decode()


def keys_in(response):
    return [
        part.split("<")[0]
        for part in response.content.decode().split('<code class="copy-text">')[1:]
    ]


def test_without_any_the_list_says_so(console):
    assert "No subscription here" in page_of(console)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_queries_for_any_number(console, number, django_assert_num_queries):
    for _one in range(number):
        KeyFactory()

    with django_assert_num_queries(13):
        page = page_of(console)

    assert page.count("apim_") == number


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("submitted", "Nothing waits for approval"),
        ("expired", "No subscription in this state"),
    ],
)
def test_an_empty_state_says_so_and_shows_the_way_on(console, state, told):
    SubscriptionFactory()

    page = page_of(console, f"/console/subscriptions/?state={state}")

    assert told in page
    assert "No subscription here" not in page


@pytest.mark.parametrize(
    ("state", "verb"),
    [(State.SUBMITTED, "approve"), (State.ACTIVE, "suspend"), (State.CANCELLED, "activate")],
)
def test_a_row_offers_the_next_step_and_leads_back_to_the_list(console, state, verb):
    subscription = SubscriptionFactory(state=state)
    page = page_of(console, "/console/subscriptions/?sort=name")

    back = "?next=/console/subscriptions/%3Fsort%3Dname"
    assert f'href="{at(subscription, verb)}{back}"' in page
    done = console.post(f"{at(subscription, verb)}{back}", {})

    assert done["Location"] == "/console/subscriptions/?sort=name"


def test_typing_updates_results_tabs_and_address(console, key):
    answer = console.get(
        "/console/subscriptions/",
        {"q": "okafor", "sort": "name"},
        headers={"HX-Request": "true", "HX-Target": "results"},
    )

    page = answer.content.decode()
    assert "<html" not in page
    assert answer["HX-Push-Url"] == "?q=okafor&sort=name"
    assert 'hx-swap-oob="true"' in page
    assert "1 subscription<" in page


def test_the_list_is_exported_as_filtered_without_secrets(console, key, ada):
    SubscriptionFactory(name="Another")

    answer = console.get("/console/subscriptions/export/", {"q": "okafor"})

    text = b"".join(answer.streaming_content).decode()
    header, line = text.splitlines()
    assert header.startswith("owner_email,owner_name,product,name,state,created_at,ends_at")
    assert line.startswith("ben@example.org,Ben Okafor,Freight,Route planner,active,")
    assert line.endswith(f",{key.prefix}")
    event = Event.objects.get(action="subscriptions.exported")
    assert event.data == {"filters": {"q": "okafor"}, "count": 1}


def test_an_export_holds_everything_once_across_batches(console, monkeypatch):
    monkeypatch.setattr(subscriptions, "EXPORT_BATCH", 2)
    made = SubscriptionFactory.create_batch(5)

    text = b"".join(console.get("/console/subscriptions/export/").streaming_content).decode()

    lines = text.splitlines()[1:]
    assert [line.split(",")[3] for line in lines] == [row.name for row in reversed(made)]


def test_search_and_filters_are_in_the_address(console, key):
    SubscriptionFactory(name="Another")
    product = key.subscription.product

    for query in ["q=okafor", "q=freight", f"q={key.prefix}", f"product={product.public_id}"]:
        page = page_of(console, f"/console/subscriptions/?{query}")
        assert "Route planner" in page, query
        assert "Another" not in page, query
    assert "No subscription matches" in page_of(console, "/console/subscriptions/?q=nothing")
    waiting = page_of(console, "/console/subscriptions/?state=submitted")
    assert "Route planner" not in waiting
    for nonsense in ["state=x&product=y", "cursor=z", "q=%00"]:
        assert console.get(f"/console/subscriptions/?{nonsense}").status_code == 200


def test_a_whole_key_does_not_stay_in_the_address(console):
    value = new_key()
    key = KeyFactory(plaintext=value)

    answer = console.get("/console/subscriptions/", {"q": value})

    assert answer["Location"] == f"/console/subscriptions/?q={key.prefix}"
    assert key.subscription.name in page_of(console, answer["Location"])


def test_an_imported_key_does_not_stay_in_the_address_either(console):
    value = "0f8fad5bd9cb469fa16570867728950e"
    key = KeyFactory(plaintext=value)

    answer = console.get("/console/subscriptions/", {"q": f"{value} x"})

    assert answer["Location"] == f"/console/subscriptions/?q={key.prefix}+x"
    assert console.get("/console/subscriptions/", {"q": value[::-1]}).status_code == 200


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("developers/", "q"),
        ("developers/export/", "q"),
        ("subscriptions/export/", "q"),
        ("activity/export/", "actor"),
        ("activity/export/", "subject"),
    ],
)
@pytest.mark.parametrize("is_imported", [False, True])
def test_a_whole_key_gets_into_no_journal(console, page, name, is_imported):
    value = "legacy0123456789abcdef" if is_imported else new_key()
    key = KeyFactory(plaintext=value)

    console.get(f"/console/{page}", {name: value}, follow=True)

    assert value not in str(list(Event.objects.values_list("data", flat=True)))
    if "export" in page:
        assert Event.objects.get(action__endswith="exported").data["filters"] == {name: key.prefix}


@pytest.mark.parametrize("page", ["developers/", "developers/export/", "subscriptions/export/"])
def test_a_whole_key_stays_in_no_address(console, page):
    value = new_key()
    key = KeyFactory(plaintext=value)

    answer = console.get(f"/console/{page}", {"q": value, "state": "active"})

    assert answer["Location"] == f"/console/{page}?state=active&q={key.prefix}"


def test_the_page_tells_of_keys_calls_and_history(console, key):
    CallCount.objects.create(key=key, day=datetime.now(UTC).date(), reason="", calls=7)
    console.post(at(key.subscription, "suspend"), {"comment": "Unpaid"})

    page = page_of(console, at(key.subscription))

    assert key.masked in page
    assert "7 calls today" in page
    assert "suspended the subscription" in page
    assert "Unpaid" in page


@pytest.mark.parametrize(
    ("state", "verb", "facts", "target"),
    [
        (State.SUBMITTED, "approve", {}, State.ACTIVE),
        (State.SUBMITTED, "reject", {"comment": "No"}, State.REJECTED),
        (State.ACTIVE, "suspend", {}, State.SUSPENDED),
        (State.SUSPENDED, "activate", {}, State.ACTIVE),
        (State.CANCELLED, "activate", {"ends_at": "2099-01-01T12:00"}, State.ACTIVE),
        (State.ACTIVE, "cancel", {}, State.CANCELLED),
    ],
)
def test_each_transition_has_its_page(console, state, verb, facts, target):
    subscription = SubscriptionFactory(state=state)
    assert f"/{verb}/" in page_of(console, at(subscription))
    assert console.get(at(subscription, verb)).status_code == 200

    answer = console.post(at(subscription, verb), facts)

    assert answer["Location"] == at(subscription)
    subscription.refresh_from_db()
    assert subscription.state == target
    again = console.post(at(subscription, verb), facts)
    assert again.status_code == 422
    assert "not possible now" in again.content.decode()


def test_a_rejection_without_a_reason_is_refused(console):
    subscription = SubscriptionFactory(state=State.SUBMITTED)

    answer = console.post(at(subscription, "reject"), {"comment": ""})

    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()


def test_rename_end_and_delete(console, key):
    subscription = key.subscription

    console.post(at(subscription, "rename"), {"name": "Planner"})
    assert console.post(at(subscription, "end"), {"ends_at": "2001-01-01T00:00"}).status_code == 422
    assert console.post(at(subscription, "end"), {"ends_at": "soon"}).status_code == 422
    console.post(at(subscription, "end"), {"ends_at": "2099-01-01T00:00"})
    subscription.refresh_from_db()
    assert (subscription.name, subscription.ends_at.year) == ("Planner", 2099)
    assert "1 live key is refused" in page_of(console, at(subscription, "delete"))
    assert console.post(at(subscription, "delete"), {"typed": "x"}).status_code == 422
    console.post(at(subscription, "delete"), {"typed": "Planner"})
    assert not Subscription.objects.exists()


def test_a_subscription_is_added_for_a_person(console, ben):
    product = ProductFactory()
    facts = {"person": "BEN@example.org", "product": str(product.public_id)}

    answer = console.post("/console/subscriptions/add/", facts)

    subscription = Subscription.objects.get()
    assert answer["Location"] == at(subscription)
    assert (subscription.owner, subscription.product) == (ben, product)
    assert "No keys yet." in page_of(console, at(subscription))


def test_adding_says_what_is_wrong(console, ben):
    hidden = ProductFactory(roles=[])
    for facts, told in [
        ({"person": "nobody@example.org", "product": str(hidden.public_id)}, "Nobody has this"),
        ({"person": "ben@example.org", "product": ""}, "required"),
        ({"person": "ben@example.org", "product": str(hidden.public_id)}, "No role of this person"),
    ]:
        answer = console.post("/console/subscriptions/add/", facts)
        assert answer.status_code == 422
        assert told in answer.content.decode()


def test_keys_are_made_and_regenerated_shown_once(console, key, ada):
    subscription = key.subscription

    made = console.post(at(subscription, "keys", "add"))
    regenerated = console.post(
        at(subscription, "keys", key.public_id, "regenerate"), {"overlap": "1"}
    )
    again = console.post(at(subscription, "keys", key.public_id, "regenerate"), {"overlap": "1"})

    asked = console.get(at(subscription, "keys", key.public_id, "regenerate"))
    for answer in [asked, again]:
        assert "This key was replaced already" in answer.content.decode()
        assert "Regenerate key</button>" not in answer.content.decode()
    assert [len(keys_in(answer)) for answer in [made, regenerated]] == [1, 1]
    assert "no-store" in made["Cache-Control"]
    assert again.status_code == 422
    page = page_of(console, at(subscription))
    assert "Replaced key" in page
    for shown in keys_in(made) + keys_in(regenerated):
        assert shown not in page
        assert shown not in str(dict(console.session))


def test_an_expired_key_can_be_regenerated_and_nothing_else(console, key):
    actions.end_key(key=key, by=key.subscription.owner)

    page = page_of(console, at(key.subscription))

    assert f"Regenerate {key.masked}" in page
    assert f"Expiry of {key.masked}" not in page
    assert f"End {key.masked}" not in page


def test_keys_are_refused_to_one_that_is_not_active(console):
    subscription = SubscriptionFactory(state=State.SUSPENDED)

    answer = console.post(at(subscription, "keys", "add"), follow=True)

    assert "Keys can be made while the subscription is active." in answer.content.decode()


def test_keys_end_and_expire(console, key):
    subscription = key.subscription

    expiry = at(subscription, "keys", key.public_id, "expiry")
    assert console.post(expiry, {"ends_at": "2001-01-01T00:00"}).status_code == 422
    console.post(expiry, {"ends_at": "2099-01-01T00:00"})
    key.refresh_from_db()
    assert key.expires_at.year == 2099
    assert console.get(at(subscription, "keys", key.public_id, "end")).status_code == 200
    console.post(at(subscription, "keys", key.public_id, "end"))
    key.refresh_from_db()
    assert not key.is_live


def test_an_existing_key_is_imported_and_never_repeated(console, key):
    value = "0f8fad5bd9cb469fa16570867728950e"
    facts = {
        "slot": "secondary",
        "value": value,
        "overlap": "0",
        "expires_at": "2099-01-01T00:00",
    }

    refused = console.post(at(key.subscription, "keys", "import"), facts | {"value": "too short"})
    console.post(at(key.subscription, "keys", "import"), facts)

    assert refused.status_code == 422
    assert "too short" not in refused.content.decode()
    imported = Key.objects.get(slot="secondary")
    assert (imported.is_imported, imported.expires_at.year) == (True, 2099)
    assert value not in page_of(console, at(key.subscription))
    twice = console.post(at(key.subscription, "keys", "import"), facts | {"slot": "primary"})
    assert "This value is a key here already." in twice.content.decode()
    late = console.post(
        at(key.subscription, "keys", "import"),
        facts | {"value": "another-value-of-theirs", "expires_at": "2001-01-01T00:00"},
    )
    assert "Choose a moment in the future." in late.content.decode()


def test_sensitive_operations_ask_for_the_password_after_a_while(console, key):
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        for parts in [["keys", "import"], ["keys", key.public_id, "regenerate"]]:
            answer = console.get(at(key.subscription, *parts))
            assert answer["Location"].startswith("/sign-in/again/")


def test_a_key_of_another_subscription_is_404(console, key):
    other = SubscriptionFactory()

    assert console.get(at(other, "keys", key.public_id, "end")).status_code == 404


def test_the_rail_counts_what_waits(console):
    SubscriptionFactory(state=State.SUBMITTED)

    assert "waiting</span></span>" in page_of(console, "/console/settings/")
