"""Names that only one row may have: one helper for every room."""

import re
from pathlib import Path

import pytest

from accounts import actions as accounts
from accounts.models import Role
from base.naming import NameTaken, save_unique
from catalog import actions as catalog
from catalog.models import Api
from gateway.registry import actions as gateways
from packages import actions as packages
from tests.factories import ApiFactory

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db

MAKERS = [
    (accounts.create_role, {}, "role_name_taken"),
    (catalog.create_product, {}, "name_taken"),
    (packages.create_package, {}, "package_name_taken"),
    (gateways.register_gateway, {}, "gateway_name_taken"),
    (catalog.create_api, {"path_prefix": "/b", "back_end": "https://b.example"}, "name_taken"),
]


@pytest.mark.parametrize(
    ("make", "rest", "code"), MAKERS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_name_is_taken_in_any_case(make, rest, code, ada):
    first = {"path_prefix": "/a"} if "path_prefix" in rest else {}
    make(name="Straße", by=ada, **rest | first)

    with pytest.raises(NameTaken) as refusal:
        make(name="STRASSE", by=ada, **rest)

    assert refusal.value.field == "name"
    assert refusal.value.error_dict["name"][0].code == code


@pytest.mark.parametrize(
    ("field", "value"), [("name", "orders"), ("slug", "orders"), ("path_prefix", "/orders")]
)
def test_the_column_that_is_taken_is_named(field, value):
    ApiFactory(name="Orders", slug="orders", path_prefix="/orders")
    other = ApiFactory(name="Billing", slug="billing", path_prefix="/billing")
    setattr(other, field, value)

    with pytest.raises(NameTaken) as refusal:
        save_unique(other, taken=lambda taken: NameTaken("Taken", code="taken", field=taken))

    assert refusal.value.field == field
    assert Api.objects.get(pk=other.pk).name == "Billing"


def test_a_row_keeps_its_own_name():
    role = Role.objects.developers()

    save_unique(role, taken=lambda field: NameTaken("Taken", code="taken", field=field))

    assert role.name_key == "developers"


def test_no_room_has_a_way_of_its_own():
    """``name_key`` is written here, and where a database is filled for the first time."""
    written = {
        str(path.relative_to(ROOT))
        for room in ["accounts", "catalog", "gateway", "imports", "invitations", "packages"]
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts
        if re.search(r"\.name_key = |name_key=\w+\.casefold|name\.casefold\(\)", path.read_text())
    }

    assert written <= {"accounts/built_in_roles.py", "catalog/seeds.py", "imports/columns.py"} | {
        # Comments of the column.
        "accounts/models.py",
        "packages/models.py",
    }
