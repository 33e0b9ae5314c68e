"""What every list shares."""

import pytest
from django.test import RequestFactory

from accounts.models import User
from console.kit.listing import (
    Count,
    count_up_to_limit,
    counts_up_to_limit,
    listing_of,
    order_of,
    query_without,
)
from tests.factories import UserFactory

ORDERS = {"name": ["last_name", "id"], "registered": ["registered_at", "id"]}


def request(query=""):
    return RequestFactory().get(f"/list/?{query}")


def test_count_prints_as_people_read_it():
    assert str(Count(0)) == "0"
    assert str(Count(10_000)) == "10,000"
    assert str(Count(10_001)) == "more than 10,000"
    assert not Count(0)


@pytest.mark.django_db
def test_counts_of_several_things_take_one_statement(django_assert_num_queries):
    UserFactory.create_batch(2)
    UserFactory(first_name="Hana", blocked=True)

    with django_assert_num_queries(1):
        counts = counts_up_to_limit(
            all=User.objects.all(),
            blocked=User.objects.blocked(),
            found=User.objects.matching("hana"),
        )

    assert counts == {"all": Count(3), "blocked": Count(1), "found": Count(1)}
    assert count_up_to_limit(User.objects.all()) == Count(3)


def test_order_of_turns_every_column_round():
    assert order_of("name", ORDERS) == ["last_name", "id"]
    assert order_of("-name", ORDERS) == ["-last_name", "-id"]


def test_query_without_drops_names_and_empty_values_and_takes_changes():
    address = request("q=ok&state=&cursor=abc&role=1")

    assert query_without(address, "cursor") == "q=ok&role=1"
    assert query_without(address, "cursor", "role", sort="-name") == "q=ok&sort=-name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "name", "registered"),
    [
        ("", ("?sort=name", ""), ("?sort=registered", "descending")),
        ("sort=name", ("?sort=-name", "ascending"), ("?sort=-registered", "")),
        ("sort=-name", ("?sort=name", "descending"), ("?sort=-registered", "")),
        ("sort=nonsense", ("?sort=name", ""), ("?sort=registered", "descending")),
    ],
)
def test_headings_toggle(query, name, registered):
    listing = listing_of(User.objects.all(), request(query), orders=ORDERS, default="-registered")

    found = {word: (heading.url, heading.direction) for word, heading in listing.headings.items()}
    assert found == {"name": name, "registered": registered}
