"""What an edit changes, and what it must not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.changes import changes_of
from audit.journal import record
from base.changes import KEEP, EditConflict
from catalog.models import Product
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory(name="Starter", subscription_limit=3)


def test_none_and_keep_leave_a_field_alone(product):
    assert changes_of(product, {"name": None, "subscription_limit": KEEP}) == {}


def test_none_is_a_value_where_the_column_takes_it(product):
    assert changes_of(product, {"subscription_limit": None}) == {"subscription_limit": [3, None]}


def test_what_was_not_seen_is_changed_as_it_is(product):
    assert changes_of(product, {"name": "New"}, seen={"slug": "other"}) == {
        "name": ["Starter", "New"]
    }


def test_what_its_author_left_alone_stays(product):
    assert changes_of(product, {"name": "Old"}, seen={"name": "Old"}) == {}


def test_what_both_made_the_same_is_no_change(product):
    assert changes_of(product, {"name": "Starter"}, seen={"name": "Old"}) == {}


def test_every_field_that_both_changed_is_refused_at_once(product, ada):
    record("product.edited", by=ada, subject=product, changes={"name": ["Old", "Starter"]})
    wanted = {"name": "Mine", "subscription_limit": 9, "approval_needed": True}
    seen = {"name": "Old", "subscription_limit": None, "approval_needed": False}

    with pytest.raises(EditConflict) as refusal:
        changes_of(product, wanted, seen=seen)

    conflicts = refusal.value.conflicts
    assert set(conflicts) == set(refusal.value.message_dict) == {"name", "subscription_limit"}
    assert (conflicts["name"].present, conflicts["name"].wanted) == ("Starter", "Mine")
    assert conflicts["name"].who == "Ada Lovelace"
    # Nobody is named for what the journal does not tell.
    assert (conflicts["subscription_limit"].who, conflicts["subscription_limit"].at) == ("", None)
    assert refusal.value.message_dict["subscription_limit"] == [
        "This was changed to “3” meanwhile. You entered “9”. Save again to use your value."
    ]


def test_the_last_who_changed_that_field_is_named(product, ada):
    chen = UserFactory(first_name="Chen", last_name="Wu")
    record("product.edited", by=chen, subject=product, changes={"name": ["A", "B"]})
    record("product.edited", by=ada, subject=product, changes={"slug": ["a", "b"]})
    record("product.edited", by=ada, subject=ProductFactory(), changes={"name": ["A", "B"]})

    with pytest.raises(EditConflict) as refusal:
        changes_of(product, {"name": "Mine"}, seen={"name": "A"})

    assert refusal.value.conflicts["name"].who == "Chen Wu"


def test_the_service_itself_is_nobody(product):
    record("product.edited", by=None, subject=product, changes={"name": ["A", "Starter"]})

    with pytest.raises(EditConflict) as refusal:
        changes_of(product, {"name": "Mine"}, seen={"name": "A"})

    assert refusal.value.message_dict["name"][0].startswith("This was changed to “Starter”")


def test_seconds_that_no_form_shows_are_no_change(product):
    end = timezone.now().replace(second=40) + timedelta(days=3)
    product.published_at = end

    assert (
        changes_of(
            product,
            {"published_at": end.replace(second=0, microsecond=0)},
            seen={"published_at": end.replace(second=0, microsecond=0)},
        )
        == {}
    )
