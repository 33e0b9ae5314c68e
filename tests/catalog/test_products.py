"""What the operations on products do, record and refuse."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from audit.models import Event
from catalog import actions
from catalog.models import Key, Product, Subscription
from catalog.naming import Taken
from tests.factories import (
    ApiFactory,
    KeyFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.racing import overtake

pytestmark = pytest.mark.django_db


def edit(product, by, **facts):
    given = {
        name: getattr(product, name)
        for name in ["name", "slug", "description", "terms", "approval_needed"]
    }
    given["subscription_limit"] = product.subscription_limit
    return actions.edit_product(product=product, by=by, **(given | facts))


def events_of(product):
    return list(
        Event.objects.filter(subject_id=product.public_id)
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_a_fresh_product_is_unpublished_and_for_administrators_only(ada, ben):
    product = actions.create_product(name="Freight", by=ada)

    assert not product.is_published
    assert [role.name for role in product.roles.all()] == ["Administrators"]
    assert Product.objects.seen_by(ada).get() == product
    assert not Product.objects.seen_by(ben).exists()
    assert not Product.objects.visible_to(ada).exists()
    assert events_of(product) == ["product.created"]


def test_names_and_slugs_are_unique_without_case(ada):
    product = actions.create_product(name="Freight", by=ada)
    other = actions.create_product(name="Other", by=ada)

    with pytest.raises(Taken):
        actions.create_product(name="FREIGHT", by=ada)
    with pytest.raises(Taken):
        edit(other, ada, slug=product.slug)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_is_one_to_a_thousand(ada, limit):
    with pytest.raises(ValidationError) as refusal:
        actions.create_product(name="Freight", subscription_limit=limit, by=ada)

    assert list(refusal.value.message_dict) == ["subscription_limit"]


def test_edit_product_changes_and_is_quiet_when_nothing_differs(ada):
    product = ProductFactory(subscription_limit=2)

    edit(product, ada)
    edited = edit(product, ada, slug="", terms="Be kind.", subscription_limit=None)

    assert (edited.slug, edited.terms, edited.subscription_limit) == (
        product.slug,
        "Be kind.",
        None,
    )
    event = Event.objects.get(subject_id=product.public_id)
    assert event.data["changes"] == {"terms": ["", ""], "subscription_limit": [2, None]}


def test_a_renamed_product_is_told_with_both_names(ada):
    product = ProductFactory(name="Freight")

    edit(product, ada, name="Freight 2")

    event = Event.objects.get(subject_id=product.public_id)
    assert event.data["changes"] == {"name": ["Freight", "Freight 2"]}


def test_publish_and_unpublish_are_quiet_the_second_time(ada):
    product = ProductFactory(unpublished=True)

    for _twice in range(2):
        actions.publish_product(product=product, by=ada)
    for _twice in range(2):
        actions.unpublish_product(product=product, by=ada)

    assert events_of(product) == ["product.published", "product.unpublished"]


def test_visibility_keeps_administrators_and_tells_the_difference(ada):
    product = ProductFactory()
    partners = RoleFactory(name="Partners")

    for _twice in range(2):
        actions.set_product_roles(product=product, roles=[partners], by=ada)

    assert {role.name for role in product.roles.all()} == {"Administrators", "Partners"}
    event = Event.objects.get(subject_id=product.public_id)
    assert event.data == {"added": ["Partners"], "removed": ["Developers"]}


def test_guests_see_what_everybody_sees(ben):
    product = ProductFactory(roles=[Role.objects.get(built_in="guests")])

    assert Product.objects.visible_to(None).get() == product
    assert Product.objects.visible_to(ben).get() == product


def test_a_product_of_another_role_is_seen_by_nobody_else(ben):
    partners = RoleFactory()
    product = ProductFactory(roles=[partners])

    assert not Product.objects.visible_to(ben).exists()
    assert not Product.objects.visible_to(None).exists()
    assert Product.objects.visible_to(UserFactory(roles=[partners])).get() == product


def test_apis_of_a_product_are_set_with_the_difference_told(ada):
    first, second = ApiFactory(name="First"), ApiFactory(name="Second")
    product = ProductFactory(apis=[first])

    for _twice in range(2):
        actions.set_product_apis(product=product, apis=[second], by=ada)

    assert list(product.apis.all()) == [second]
    event = Event.objects.get(subject_id=product.public_id)
    assert event.data == {"added": ["Second"], "removed": ["First"]}


@pytest.mark.django_db(transaction=True)
def test_delete_product_takes_along_what_is_made_meanwhile(ada):
    subscription = SubscriptionFactory()

    outcome = overtake(
        lambda: actions.issue_missing_keys(subscription=subscription, by=ada),
        lambda: actions.delete_product(product=subscription.product, by=ada, confirmed=True),
    )

    assert outcome is None
    for model in [Product, Subscription, Key]:
        assert not model.objects.exists()


def test_delete_product_wants_a_word_while_subscriptions_hang_on_it(ada):
    key = KeyFactory()
    product = key.subscription.product

    with pytest.raises(actions.ProductHasSubscriptions) as refusal:
        actions.delete_product(product=product, by=ada)
    assert refusal.value.count == 1
    actions.delete_product(product=product, by=ada, confirmed=True)

    for model in [Product, Subscription, Key]:
        assert not model.objects.exists()
    assert events_of(product) == ["product.deleted"]
    assert events_of(key.subscription) == ["subscription.deleted"]
