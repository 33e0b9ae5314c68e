"""No role is called like a built-in one."""

import pytest
from django.core.exceptions import ValidationError

from accounts import actions
from accounts.lookalikes import looks_like
from accounts.models import Role
from tests.factories import RoleFactory

pytestmark = pytest.mark.django_db

ALIKE = [
    *["administrator", "Administrator", "DEVELOPER", "guest", "Admin istrators", "Administrators."],
    *["Аdministrators", "АDMINISTRATORS", "Аԁmіnіѕtrаtоrѕ", "Αdministrators", "Administratörs"],
    *[
        "Ａｄｍｉｎｉｓｔｒａｔｏｒｓ",
        "𝐀dministrators",
        "Adm1nistrators",
        "Admlnistrators",
        "Adrninistrators",
    ],
    *["ᴀdministrators", "Administrat0rs", "(Administrators)", "Administrator\u034fs", "Dеvelopers"],
    *[
        "Deve1opers",
        "DeveIopers",
        "Guеsts",
        "Guests!",
        "Ԍuests",
        "Developers - ",
        "A.d.m.i.n.i.s.t.r.a.t.o.r.s",
    ],
]
OTHERS = [
    *["Partners", "API administrators", "Developers in Berlin", "Guest writers", "Администраторы"],
    *[
        "Administration",
        "Development",
        "Quests",
        "Λογιστές",
        "開発者",
        "Admins of tenants",
        "!!",
        "Team 7",
    ],
]


@pytest.mark.parametrize("name", ALIKE)
def test_role_cannot_be_called_like_a_built_in_one(ada, name):
    with pytest.raises(actions.RoleNameMisleading) as refusal:
        actions.create_role(name=name, by=ada)

    (sentence,) = refusal.value.message_dict["name"]
    assert sentence.startswith("This name looks like the built-in role ")
    assert refusal.value.role.is_built_in
    assert Role.objects.count() == 3


@pytest.mark.parametrize("name", ["administrators", "ADMINISTRATORS ", " developers", "GUESTS"])
def test_role_cannot_be_called_like_a_built_in_one_in_other_case(ada, name):
    with pytest.raises(actions.RoleNameTaken):
        actions.create_role(name=name, by=ada)


@pytest.mark.parametrize("name", ["Administrators\u200b", "Admin\u00adistrators", "\u202eGuests"])
def test_role_cannot_hide_characters_in_its_name(ada, name):
    with pytest.raises(ValidationError):
        actions.create_role(name=name, by=ada)


@pytest.mark.parametrize("name", OTHERS)
def test_role_may_be_called_anything_else(ada, name):
    assert actions.create_role(name=name, by=ada).name == name


def test_role_cannot_be_renamed_to_look_like_a_built_in_one(console):
    role = RoleFactory(name="Partners")

    answer = console.post(
        f"/console/roles/{role.public_id}/edit/", {"name": "Аdministrators", "description": ""}
    )

    assert answer.status_code == 422
    assert "looks like the built-in role Administrators" in answer.content.decode()
    role.refresh_from_db()
    assert role.name == "Partners"


def test_looks_like_tells_other_names_apart():
    assert not looks_like("Partners", "Guests")
    assert looks_like("Раrtners", "Partners")
