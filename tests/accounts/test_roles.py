"""What the operations on roles do, record and refuse."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import actions
from accounts.models import Role
from audit.models import Event
from tests.factories import AdministratorFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_there_are_three_built_in_roles():
    assert [role.name for role in Role.objects.in_order()] == [
        "Administrators",
        "Developers",
        "Guests",
    ]


def test_create_role_records(ada):
    role = actions.create_role(name="  Harbour  Pilots ", description=" Tugs ", by=ada)

    assert (role.name, role.description, role.is_built_in) == ("Harbour Pilots", "Tugs", False)
    assert Event.objects.get(subject_id=role.public_id).action == "role.created"


@pytest.mark.parametrize("name", ["developers", "DEVELOPERS", "Straße", "STRASSE"])
def test_create_role_refuses_a_name_that_differs_only_by_case(ada, name):
    RoleFactory(name="STRASSE")

    with pytest.raises(actions.RoleNameTaken):
        actions.create_role(name=name, by=ada)


def test_create_role_refuses_an_empty_name(ada):
    with pytest.raises(ValidationError):
        actions.create_role(name="  ", by=ada)


def test_edit_role_renames_and_is_quiet_when_nothing_differs(ada):
    role = RoleFactory(name="Pilots")

    actions.edit_role(role=role, name="PILOTS", description="", by=ada)
    actions.edit_role(role=role, name="PILOTS", description="", by=ada)

    role.refresh_from_db()
    assert role.name == "PILOTS"
    assert Event.objects.get(subject_id=role.public_id).data == {
        "changes": {"name": ["Pilots", "PILOTS"]}
    }


@pytest.mark.parametrize("built_in", ["administrators", "developers", "guests"])
def test_built_in_roles_are_protected(ada, built_in):
    role = Role.objects.get(built_in=built_in)

    with pytest.raises(actions.RoleIsProtected):
        actions.edit_role(role=role, name="Other", description="", by=ada)
    with pytest.raises(actions.RoleIsProtected):
        actions.delete_role(role=role, confirmed=True, by=ada)


def test_delete_role_with_members_wants_a_confirmation(ada):
    role = RoleFactory(name="Pilots")
    ben = UserFactory(roles=[role])

    with pytest.raises(actions.RoleHasMembers) as refusal:
        actions.delete_role(role=role, by=ada)
    assert refusal.value.count == 1

    actions.delete_role(role=role, confirmed=True, by=ada)
    assert {role.name for role in ben.roles.all()} == {"Developers"}
    assert Event.objects.filter(action="role.deleted").get().data == {"members": 1}


def test_assign_and_remove_role_record_once(ada, ben):
    role = RoleFactory(name="Pilots")

    for _twice in range(2):
        actions.assign_role(user=ben, role=role, by=ada)
    assert role in ben.roles.all()

    for _twice in range(2):
        actions.remove_role(user=ben, role=role, by=ada)
    assert role not in ben.roles.all()
    assert [event.action for event in Event.objects.filter(subject_id=ben.public_id)] == [
        "user.role_removed",
        "user.role_assigned",
    ]


def test_assign_role_refuses_guests(ada, ben):
    with pytest.raises(actions.RoleNotAssignable) as refusal:
        actions.assign_role(user=ben, role=Role.objects.get(built_in="guests"), by=ada)

    assert "Guests" in refusal.value.messages[0]


def test_remove_role_guards_administrators(ada, administrators_role):
    chen = AdministratorFactory(first_name="Chen")

    with pytest.raises(actions.CannotDemoteSelf):
        actions.remove_role(user=ada, role=administrators_role, by=ada)
    actions.remove_role(user=chen, role=administrators_role, by=ada)
    actions.remove_role(user=chen, role=administrators_role, by=ada)
    with pytest.raises(actions.LastAdministrator):
        actions.remove_role(user=ada, role=administrators_role, by=None)


def test_a_blocked_administrator_does_not_count_as_remaining(ada, administrators_role):
    AdministratorFactory(first_name="Chen", blocked=True)

    with pytest.raises(actions.LastAdministrator):
        actions.remove_role(user=ada, role=administrators_role, by=None)


def test_set_roles_makes_the_difference(ada, ben, developers_role):
    pilots, tugs = RoleFactory(name="Pilots"), RoleFactory(name="Tugs")
    actions.set_roles(user=ben, roles=[pilots, developers_role], by=ada)

    actions.set_roles(user=ben, roles=[tugs, developers_role], by=ada)

    assert set(ben.roles.all()) == {tugs, developers_role}


def test_set_roles_refuses_as_a_whole(ada, administrators_role):
    with pytest.raises(actions.CannotDemoteSelf):
        actions.set_roles(user=ada, roles=[RoleFactory(name="Pilots")], by=ada)

    assert {role.name for role in ada.roles.all()} == {"Administrators", "Developers"}


def test_the_database_holds_one_name_and_one_assignment(ben, developers_role):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleFactory(name="developers")
    with pytest.raises(IntegrityError), transaction.atomic():
        ben.assignments.create(role=developers_role)


def test_only_an_administrator_makes_administrators(ben, administrators_role):
    with pytest.raises(actions.ActorMayNotAct):
        actions.assign_role(user=UserFactory(), role=administrators_role, by=ben)

    assert not administrators_role.assignments.exists()
