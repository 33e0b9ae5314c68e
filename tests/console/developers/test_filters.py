"""What the list of developers is narrowed by, each filter and all of them together."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from tests.factories import KeyFactory, ProductFactory, SubscriptionFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/console/developers/"


def found(console, **query):
    response = console.get(LIST, query)
    assert response.status_code == 200
    return {user.first_name for user in response.context["listing"].page.rows}


def days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture(autouse=True)
def people(ada):
    User.objects.filter(pk=ada.pk).update(last_seen_at=timezone.now())
    UserFactory(
        first_name="Recent",
        email="r@kelp.example",
        last_seen_at=days_ago(1),
        registered_at=days_ago(400),
    )
    UserFactory(
        first_name="Dormant",
        email="d@kelp.example",
        last_seen_at=days_ago(100),
        registered_at=days_ago(300),
    )
    UserFactory(first_name="Waiting", email="w@sub.kelp.example", registered_at=days_ago(2))
    UserFactory(first_name="Forgotten", email="f@notkelp.example", registered_at=days_ago(200))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"seen": "never"}, {"Waiting", "Forgotten"}),
        # Whoever was never here counts from the day of registration.
        ({"seen": "30"}, {"Dormant", "Forgotten"}),
        ({"seen": "90"}, {"Dormant", "Forgotten"}),
        ({"seen": "180"}, {"Forgotten"}),
        ({"seen": "365"}, set()),
        ({"domain": "kelp.example"}, {"Recent", "Dormant"}),
        ({"domain": "@KELP.example "}, {"Recent", "Dormant"}),
        ({"domain": "sub.kelp.example"}, {"Waiting"}),
        ({"domain": "kelp.example", "seen": "30"}, {"Dormant"}),
        ({"domain": "kelp.example", "seen": "30", "q": "recent"}, set()),
    ],
)
def test_filters_narrow_the_list_and_apply_together(console, query, names):
    assert found(console, **query) == names


def test_days_are_whole_days_of_the_reader(console, ada):
    User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Auckland")
    # 13 October, 11:30 in the evening in Auckland (UTC+13); still the 13th in UTC.
    moment = datetime(2026, 10, 13, 10, 30, tzinfo=UTC)
    User.objects.exclude(first_name="Recent").update(registered_at=datetime(2020, 1, 1, tzinfo=UTC))
    User.objects.filter(first_name="Recent").update(registered_at=moment, last_seen_at=moment)

    assert found(console, registered_since="2026-10-13", registered_until="2026-10-13") == {
        "Recent"
    }
    assert found(console, registered_since="2026-10-14") == set()
    assert "Recent" not in found(console, registered_until="2026-10-12")
    assert "Recent" in found(console, seen_before="2026-10-14")
    assert "Recent" not in found(console, seen_before="2026-10-13")


def test_seen_before_leaves_out_who_was_never_here(console):
    assert found(console, seen_before=f"{days_ago(30):%Y-%m-%d}") == {"Dormant"}


def test_product_finds_who_can_call_it_now(console):
    product = ProductFactory(name="Orders")
    for name in ["Recent", "Dormant"]:
        KeyFactory(
            subscription__product=product, subscription__owner=User.objects.get(first_name=name)
        )
    SubscriptionFactory(product=product, owner=User.objects.get(first_name="Waiting"))
    User.objects.filter(first_name="Dormant").update(state="blocked", blocked_at=timezone.now())

    # Without a key nobody calls, blocked neither.
    assert found(console, product=product.public_id) == {"Recent"}


def test_password_never_chosen(console):
    User.objects.filter(first_name="Recent").update(must_change_password=True)
    waiting = User.objects.get(first_name="Waiting")
    waiting.set_unusable_password()
    waiting.save()

    assert found(console, password="never") == {"Recent", "Waiting"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"state": "gone"}, "State: Choose active or blocked."),
        ({"role": "nonsense"}, "Role: Choose a role from the list."),
        ({"product": "nonsense"}, "Can call: Choose a product from the list."),
        ({"seen": "7"}, "Last seen: Choose a time from the list."),
        ({"seen_before": "yesterday"}, "Last seen before: Enter a date as YYYY-MM-DD."),
        ({"registered_since": "0001-01-01"}, "Registered from: "),
        ({"domain": "example"}, "Email domain: Enter a domain such as example.org."),
        ({"domain": "not a domain"}, "Email domain: Enter a domain such as example.org."),
        ({"q": "x" * 201}, "Search by name or email: "),
    ],
)
def test_a_value_that_makes_no_sense_finds_nothing_and_says_why(console, query, sentence):
    for headers in [{}, {"HX-Request": "true", "HX-Target": "results"}]:
        response = console.get(LIST, query, headers=headers)

        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert not response.context["listing"].page.rows


def test_tabs_count_what_a_click_on_them_shows(console):
    User.objects.filter(first_name="Dormant").update(state="blocked", blocked_at=timezone.now())

    for state in ["", "active", "blocked"]:
        page = console.get(LIST, {"domain": "kelp.example", "state": state})
        counts = {str(tab.label): tab.count.number for tab in page.context["tabs"]}

        assert counts == {"All": 2, "Active": 1, "Blocked": 1}
        for tab in page.context["tabs"]:
            shown = console.get(f"{LIST}{tab.url}").context["listing"].page.rows
            assert len(shown) == tab.count.number


def test_the_export_and_all_that_match_take_every_filter(console):
    file = b"".join(console.get(f"{LIST}export/", {"domain": "kelp.example", "seen": "90"}))
    assert b"d@kelp.example" in file
    assert b"r@kelp.example" not in file

    blocked = {"action": "block", "everyone": "1", "confirmed": "1"}
    response = console.post(f"{LIST}bulk/", blocked | {"domain": "kelp.example", "seen": "90"})

    assert response["Location"] == f"{LIST}?domain=kelp.example&seen=90"
    assert [user.first_name for user in User.objects.blocked()] == ["Dormant"]


def test_the_question_keeps_every_filter(console):
    asked = {"action": "block", "everyone": "1", "domain": "kelp.example", "seen": "90"}

    page = console.post(f"{LIST}bulk/", asked).content.decode()

    assert '<input type="hidden" name="domain" value="kelp.example">' in page
    assert '<input type="hidden" name="seen" value="90">' in page
