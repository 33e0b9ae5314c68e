"""What the operations on packages do, record and refuse."""

import pytest
from django.core.exceptions import ValidationError

from accounts.actions import RoleNotAssignable
from accounts.models import Role
from audit.models import Event
from packages import actions
from packages.models import Package
from tests.factories import (
    InvitationFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
)
from tests.racing import overtake

pytestmark = pytest.mark.django_db


def edit(package, by, **changes):
    values = {
        "name": package.name,
        "description": package.description,
        "welcome": package.welcome,
        "roles": package.roles.all(),
        "products": package.products.all(),
    }
    return actions.edit_package(package=package, **(values | changes), by=by)


def test_create_package_keeps_what_it_gives(ada):
    partners, freight = RoleFactory(name="Partners"), ProductFactory(name="Freight")

    package = actions.create_package(
        name="  Partner   start ",
        description=" For partners ",
        welcome=" Hello ",
        roles=[partners],
        products=[freight],
        by=ada,
    )

    assert (package.name, package.description, package.welcome) == (
        "Partner start",
        "For partners",
        "Hello",
    )
    assert (list(package.roles.all()), list(package.products.all())) == ([partners], [freight])
    event = Event.objects.get(subject_id=package.public_id)
    assert event.action == "package.created"
    assert event.data == {"roles": ["Partners"], "products": ["Freight"]}


def test_names_differ_by_more_than_case(ada):
    other = PackageFactory(name="Sandbox")
    PackageFactory(name="Straße")

    for taken in ["SANDBOX", "STRASSE"]:
        with pytest.raises(actions.PackageNameTaken) as refusal:
            actions.create_package(name=taken, by=ada)
        assert "name" in refusal.value.message_dict
    with pytest.raises(actions.PackageNameTaken):
        edit(PackageFactory(), ada, name="sandbox")
    assert edit(other, ada, name="SandBox").name == "SandBox"


@pytest.mark.django_db(transaction=True)
def test_a_name_taken_between_the_look_and_the_write_is_refused(ada):
    def create():
        return actions.create_package(
            name="Partners", description="", welcome="", roles=[], products=[], by=ada
        )

    outcome = overtake(create, create)

    assert isinstance(outcome, actions.PackageNameTaken)
    assert Package.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "www.evil.example"),
        ("description", "x" * 1001),
        ("welcome", "x" * 2001),
    ],
)
def test_bad_values_are_refused_and_leave_nothing(ada, field, value):
    with pytest.raises(ValidationError):
        actions.create_package(**({"name": "Sandbox", "by": ada} | {field: value}))

    assert not Package.objects.exists()
    assert not Event.objects.exists()


def test_each_product_is_seen_by_a_role_of_the_package(ada):
    partners = RoleFactory(name="Partners")
    hidden = ProductFactory(name="Freight", roles=[partners])
    everybody = ProductFactory(name="Weather", roles=[Role.objects.get(built_in="guests")])

    with pytest.raises(actions.NoRoleSeesProduct) as refusal:
        actions.create_package(name="Start", products=[hidden, everybody], by=ada)

    assert refusal.value.products == [hidden]
    assert "Freight" in refusal.value.message_dict["products"][0]
    package = actions.create_package(
        name="Start", products=[hidden, everybody], roles=[partners], by=ada
    )
    with pytest.raises(actions.NoRoleSeesProduct):
        edit(package, ada, roles=[])


def test_an_unpublished_product_may_wait_in_a_package(ada):
    product = ProductFactory(unpublished=True)

    assert (
        actions.create_package(name="Start", products=[product], by=ada).products.get() == product
    )


def test_a_package_makes_neither_administrators_nor_guests(ada, administrators_role):
    with pytest.raises(actions.PackageMakesNoAdministrators) as refusal:
        actions.create_package(name="Start", roles=[administrators_role], by=ada)
    assert "roles" in refusal.value.message_dict
    with pytest.raises(RoleNotAssignable):
        actions.create_package(name="Start", roles=[Role.objects.get(built_in="guests")], by=ada)


def test_edit_package_records_what_changed(ada):
    partners, freight = RoleFactory(name="Partners"), ProductFactory(name="Freight")
    package = PackageFactory(name="Start", welcome="Old")

    changed = edit(package, ada, name="Begin", welcome="New", roles=[partners], products=[freight])

    assert (changed.name, changed.welcome) == ("Begin", "New")
    assert (package.roles.get(), package.products.get()) == (partners, freight)
    event = Event.objects.get(action="package.edited")
    assert event.data["changes"] == {
        "name": ["Start", "Begin"],
        "welcome": ["", ""],
        "roles": [[], ["Partners"]],
        "products": [[], ["Freight"]],
    }


def test_edit_package_is_quiet_when_nothing_differs(ada):
    package = PackageFactory(roles=[RoleFactory()], products=[ProductFactory()])

    edit(package, ada)

    assert not Event.objects.exists()


def test_delete_package_names_what_waits_with_it(ada):
    package = PackageFactory()
    waiting = InvitationFactory(sender=ada, package=package)
    InvitationFactory(sender=ada, package=package, declined_at=waiting.created_at)

    with pytest.raises(actions.PackageInUse) as refusal:
        actions.delete_package(package=package, by=ada)

    assert (refusal.value.invitations, refusal.value.links) == (1, 0)
    assert "1 unanswered invitation" in " ".join(refusal.value.messages)
    actions.delete_package(package=package, by=ada, confirmed=True)
    waiting.refresh_from_db()
    assert waiting.package is None
    event = Event.objects.get(action="package.deleted")
    assert event.data == {"invitations": 1, "links": 0}


def test_delete_package_names_the_links(ada):
    package = PackageFactory()
    package.invite_links.create(name="Fair", nonce="n", digest="d", sender=ada, sender_name="Ada")

    with pytest.raises(actions.PackageInUse) as refusal:
        actions.delete_package(package=package, by=ada)

    assert (refusal.value.invitations, refusal.value.links) == (0, 1)
    assert "1 invite link" in " ".join(refusal.value.messages)


def test_an_unused_package_is_deleted_at_once(ada):
    actions.delete_package(package=PackageFactory(), by=ada)

    assert not Package.objects.exists()
