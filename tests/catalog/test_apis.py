"""What the operations on APIs do, record and refuse."""

import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from catalog import actions
from catalog.actions.apis import BackEndNeeded, PathIsFixed
from catalog.models import Api
from catalog.naming import Taken
from tests.factories import ApiFactory, ProductFactory, RoleFactory
from tests.racing import overtake

pytestmark = pytest.mark.django_db
DOCUMENT = "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\npaths: {}\n"


def create(by, **facts):
    given = {"name": "Orders", "path_prefix": "/orders", "back_end": "http://orders.example"}
    return actions.create_api(**(given | facts), by=by)


def test_create_api_makes_a_slug_and_records(ada):
    api = create(ada, name=" Orders  API ", version=" v2 ")

    assert (api.name, api.slug, api.version, api.subscription_required) == (
        "Orders API",
        "orders-api",
        "v2",
        True,
    )
    assert Event.objects.get(subject_id=api.public_id).action == "api.created"


def test_slugs_of_names_that_leave_the_same_words_are_numbered(ada):
    first = create(ada, name="Orders!", path_prefix="/a")
    second = create(ada, name="Orders?", path_prefix="/b")
    third = create(ada, name="注文", path_prefix="/c")

    assert [first.slug, second.slug, third.slug] == ["orders", "orders-2", "api"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "ORDERS"), ("slug", "orders"), ("path_prefix", "/orders")],
)
def test_create_api_refuses_what_is_taken(ada, field, value):
    create(ada)
    other = {"name": "Other", "slug": "other", "path_prefix": "/other"}

    with pytest.raises(Taken) as refusal:
        create(ada, **(other | {field: value}))

    assert refusal.value.field == field
    assert list(refusal.value.message_dict) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path_prefix", "/Orders/"),
        ("back_end", "ftp://orders"),
        ("slug", "Or ders"),
        ("openapi", "openapi: 3.1.0\n"),
        ("name", ""),
        ("version", "x" * 41),
    ],
)
def test_create_api_names_the_field_that_is_wrong(ada, field, value):
    with pytest.raises(ValidationError) as refusal:
        create(ada, **{field: value})

    assert list(refusal.value.message_dict) == [field]
    assert not Api.objects.exists()


def test_only_the_sample_api_has_no_back_end(ada):
    with pytest.raises(BackEndNeeded):
        create(ada, back_end=" ")
    with pytest.raises(BackEndNeeded):
        actions.edit_api(api=create(ada), back_end="", by=ada)
    echo = ApiFactory(back_end="")

    assert actions.edit_api(api=echo, back_end="", description="Echo", by=ada).is_answered_here


def test_the_sample_api_stays_where_it_is_answered(ada):
    echo = ApiFactory(back_end="", path_prefix="/echo")

    with pytest.raises(PathIsFixed) as refusal:
        actions.edit_api(api=echo, path_prefix="/elsewhere", by=ada)

    assert list(refusal.value.message_dict) == ["path_prefix"]
    actions.edit_api(api=echo, path_prefix="/echo", name="Echo", by=ada)


def test_edit_api_changes_what_is_given_and_is_quiet_otherwise(ada):
    api = create(ada)

    actions.edit_api(api=api, name="Orders", by=ada)
    edited = actions.edit_api(api=api, slug="", openapi=DOCUMENT, by=ada)

    assert (edited.slug, edited.openapi) == ("orders", DOCUMENT.strip())
    events = Event.objects.filter(subject_id=api.public_id, action="api.edited")
    assert [event.data["changes"] for event in events] == [{"openapi": ["", ""]}]


def test_delete_api_wants_a_word_while_a_product_contains_it(ada):
    api = create(ada)
    product = ProductFactory(apis=[api])

    with pytest.raises(actions.ApiInUse) as refusal:
        actions.delete_api(api=api, by=ada)
    assert refusal.value.count == 1
    actions.delete_api(api=api, by=ada, confirmed=True)

    assert not product.apis.exists()
    assert Event.objects.filter(action="api.deleted", subject_id=api.public_id).exists()


def test_apis_are_visible_through_a_published_product_only(ben):
    hidden, open_, unpublished = (ApiFactory() for _count in range(3))
    ProductFactory(apis=[hidden], roles=[RoleFactory()])
    ProductFactory(apis=[open_])
    ProductFactory(apis=[unpublished], unpublished=True)

    assert list(Api.objects.visible_to(ben)) == [open_]
    assert not Api.objects.visible_to(None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_path_taken_between_the_look_and_the_write_is_refused_by_name(ada):
    outcome = overtake(
        lambda: create(ada), lambda: create(ada, name="Other", slug="other", path_prefix="/orders")
    )

    assert isinstance(outcome, Taken)
    assert outcome.field == "path_prefix"
