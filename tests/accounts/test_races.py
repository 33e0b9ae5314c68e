"""Two people pressing at once, on both databases."""

import pytest

from accounts import actions
from accounts.models import Role, User
from mail.models import Message
from tests.factories import PASSWORD, AdministratorFactory, RoleFactory, UserFactory
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_administrators_block_each_other_and_one_remains(ada):
    chen = AdministratorFactory(first_name="Chen")

    for _round in range(5):
        outcomes = race(
            lambda: actions.block_user(user=chen, by=ada),
            lambda: actions.block_user(user=ada, by=chen),
        )

        assert len(refusals(outcomes, actions.ActorMayNotAct)) == 1
        assert User.objects.administrators().count() == 1
        for person in (ada, chen):
            actions.activate_user(user=person, by=None)


def test_two_administrators_demote_each_other_and_one_remains(ada, administrators_role):
    chen = AdministratorFactory(first_name="Chen")

    for _round in range(5):
        outcomes = race(
            lambda: actions.remove_role(user=chen, role=administrators_role, by=ada),
            lambda: actions.remove_role(user=ada, role=administrators_role, by=chen),
        )

        assert len(refusals(outcomes, actions.ActorMayNotAct)) == 1
        assert User.objects.administrators().count() == 1
        for person in (ada, chen):
            actions.assign_role(user=person, role=administrators_role, by=None)


def test_block_demote_and_delete_at_once_leave_an_administrator(ada, administrators_role):
    others = [AdministratorFactory() for _other in range(3)]

    outcomes = race(
        lambda: actions.block_user(user=others[0], by=None),
        lambda: actions.delete_user(user=others[1], by=None),
        lambda: actions.remove_role(user=others[2], role=administrators_role, by=None),
        lambda: actions.block_user(user=ada, by=None),
    )

    assert len(refusals(outcomes, actions.LastAdministrator)) == 1
    assert User.objects.administrators().count() == 1


def test_adding_one_address_at_once_makes_one_user(ada):
    outcomes = race(
        *[
            lambda: actions.add_user(
                email="hana@quarry.example",
                first_name="Hana",
                last_name="Tanaka",
                password=PASSWORD,
                by=ada,
            )
        ]
        * 6
    )

    assert len(refusals(outcomes, actions.AddressTaken)) == 5
    assert User.objects.filter(email="hana@quarry.example").count() == 1


def test_moving_two_people_to_one_address_moves_one(ada):
    chen, dana = UserFactory(), UserFactory()

    outcomes = race(
        lambda: actions.edit_user(user=chen, email="shared@example.org", by=ada),
        lambda: actions.edit_user(user=dana, email="shared@example.org", by=ada),
    )

    assert len(refusals(outcomes, actions.AddressTaken)) == 1
    assert User.objects.filter(email="shared@example.org").count() == 1


def test_creating_one_role_at_once_makes_one(ada):
    names = ["Pilots", "PILOTS", "pilots", "pIlOtS"]

    outcomes = race(*[lambda name=name: actions.create_role(name=name, by=ada) for name in names])

    assert len(refusals(outcomes, actions.RoleNameTaken)) == 3
    assert Role.objects.filter(name_key="pilots").count() == 1


def test_assigning_and_blocking_at_once_keep_both(ada, ben):
    role = RoleFactory(name="Pilots")

    outcomes = race(
        lambda: actions.assign_role(user=ben, role=role, by=ada),
        lambda: actions.block_user(user=ben, by=ada),
        lambda: actions.set_password(user=ben, password="another fine passphrase", by=ada),
    )

    assert not refusals(outcomes, ValueError)
    ben.refresh_from_db()
    assert ben.is_blocked
    assert ben.check_password("another fine passphrase")
    assert role in ben.roles.all()


def test_a_role_deleted_while_it_is_assigned_leaves_no_half(ada, ben):
    role = RoleFactory(name="Pilots")

    race(
        lambda: actions.assign_role(user=ben, role=role, by=ada),
        lambda: actions.delete_role(role=role, confirmed=True, by=ada),
    )

    assert not ben.assignments.filter(role__name="Pilots").exists()


def test_an_address_committed_after_the_look_is_refused(ada, ben):
    def add(**changes):
        values = {"email": "hana@quarry.example", "first_name": "Hana", "last_name": "Tanaka"}
        return lambda: actions.add_user(**values, **changes, by=ada)

    outcome = overtake(add(password=PASSWORD), add(password=PASSWORD))

    assert isinstance(outcome, actions.AddressTaken)
    assert outcome.user == User.objects.get(email="hana@quarry.example")


def test_an_address_moved_to_after_the_look_is_refused(ada, ben):
    chen = UserFactory()

    outcome = overtake(
        lambda: actions.edit_user(user=ben, email="shared@example.org", by=ada),
        lambda: actions.edit_user(user=chen, email="shared@example.org", by=ada),
    )

    assert isinstance(outcome, actions.AddressTaken)
    assert outcome.user == ben


def test_a_role_created_after_the_look_is_refused(ada):
    outcome = overtake(
        lambda: actions.create_role(name="Pilots", by=ada),
        lambda: actions.create_role(name="PILOTS", by=ada),
    )

    assert isinstance(outcome, actions.RoleNameTaken)


def test_a_blocked_person_who_asks_for_links_at_once_is_told_once(ada, ben):
    blocked = actions.block_user(user=ben, by=ada)

    outcomes = race(*[lambda: actions.notify_of_refused_link(user=blocked)] * 5)

    assert outcomes == [None] * 5
    assert Message.objects.filter(kind="password_link_refused").count() == 1


def test_a_refusal_that_meets_an_activation_is_not_told(ada, ben):
    blocked = actions.block_user(user=ben, by=ada)

    overtake(
        lambda: actions.activate_user(user=blocked, by=ada),
        lambda: actions.notify_of_refused_link(user=blocked),
    )

    assert not Message.objects.exists()


def test_a_link_asked_for_while_the_address_changes_goes_to_the_new_one(ada, ben):
    overtake(
        lambda: actions.edit_user(user=ben, email="new@example.org", by=ada),
        lambda: actions.send_password_link(user=ben, by=None),
    )

    links = Message.objects.filter(kind="password_link")
    assert {message.to for message in links} == {"new@example.org"}
