"""Every action states the authority it needs, and asks for it inside its own transaction."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest
from django.db import connection, transaction

from accounts import actions, authority
from base.authority import ActorMayNotAct, Permission, action, take_first
from base.errors import permission_denied
from tests.factories import AdministratorFactory, RoleFactory, UserFactory

ROOT = Path(__file__).parent.parent
MODULES = [
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted([*ROOT.glob("*/actions.py"), *ROOT.glob("*/actions/*.py")])
    if path.stem != "__init__"
]
# They look, judge or run inside an action; each changes nothing by itself.
NO_ACTIONS = {
    "accounts.actions.bulk.apply_to_each",
    "accounts.actions.guards.changing_administrators",
    "accounts.actions.guards.lock_administrators",
    "accounts.actions.guards.losing_authority",
    "accounts.actions.guards.refuse_last_administrator",
    "accounts.actions.passwords.check_password_rules",
    "accounts.actions.renewing.needed_link",
    "accounts.actions.renewing.renew_link",
    "accounts.actions.writing.write_to",
    "catalog.actions.apis.refuse_faulty_document",
    "catalog.actions.keys.issue_into_empty_slots",
    "catalog.actions.subscribing.checked_end",
    "catalog.actions.subscribing.open_subscription",
    "catalog.actions.subscribing.refuse_beyond_limit",
    "catalog.actions.subscriptions.tell_of_deletion",
    "invitations.actions.joining.check_mail_domain",
    "invitations.actions.joining.take_place",
    "invitations.actions.limits.left_today",
    "invitations.actions.limits.refuse_beyond_today",
    "invitations.actions.limits.refuse_frequent_resend",
    "invitations.actions.links.token_of_link",
    "invitations.actions.sending.place_invitation",
    "invitations.actions.sending.queue_invitation",
    "invitations.actions.sending.token_of",
    "packages.actions.bundles.what_loses_it",
    "packages.actions.granting.hold_package",
}
# Their work is done by actions under them, which are asked.
CALL_ACTIONS = {
    "catalog.actions.key_uses.warn_of_expiring_keys",
    "invitations.actions.answering.accept_invitation",
    "invitations.actions.joining.request_invitation",
    "invitations.actions.reminding.tell_of_unused",
}


def public_functions():
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", value


def test_every_action_states_its_authority():
    silent = {
        name
        for name, function in public_functions()
        if not name.rpartition(".")[2].startswith("_") and not hasattr(function, "authority")
    }

    assert silent == NO_ACTIONS | CALL_ACTIONS


def test_nothing_in_the_rooms_opens_a_transaction_by_itself():
    """A savepoint for a conditional insert is inside an action; a decorator beside it is none."""
    bare = [
        f"{module.__name__}.{node.name}"
        for module in MODULES
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef)
        if any(ast.unparse(one) == "transaction.atomic" for one in node.decorator_list)
    ]

    assert bare == []


def test_an_action_without_authority_is_refused_where_it_is_written():
    with pytest.raises(TypeError, match="states the authority"):
        action()(lambda *, by: None)


def test_whoever_states_a_permission_takes_an_actor():
    for name, function in public_functions():
        needed = getattr(function, "authority", None)
        if isinstance(needed, Permission):
            assert "by" in inspect.signature(function).parameters, name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("permission", list(Permission))
def test_only_active_administrators_hold_a_permission(permission):
    blocked = AdministratorFactory(blocked=True)
    administrator, developer = AdministratorFactory(), UserFactory()

    with transaction.atomic():
        administrator.hold_authority(permission, is_owner=False)
        for user in (blocked, developer):
            with pytest.raises(ActorMayNotAct):
                user.hold_authority(permission, is_owner=False)


@pytest.mark.django_db
def test_owners_act_for_themselves_and_for_nobody_else(ben):
    chen = UserFactory()

    actions.end_sessions(user=ben, by=ben)
    with pytest.raises(ActorMayNotAct):
        actions.end_sessions(user=chen, by=ben)


@pytest.mark.django_db
def test_a_blocked_owner_does_nothing_any_more(ben):
    actions.block_user(user=ben, by=None)

    with pytest.raises(ActorMayNotAct):
        actions.end_sessions(user=ben, by=ben)


@pytest.mark.django_db
def test_what_the_instance_believes_of_itself_counts_nothing(ada, ben):
    assert ada.is_administrator
    type(ada).objects.filter(pk=ada.pk).update(state="blocked", blocked_at="2026-01-01T00:00Z")

    with pytest.raises(ActorMayNotAct):
        actions.block_user(user=ben, by=ada)
    ben.refresh_from_db()
    assert ben.is_active


@pytest.mark.django_db
def test_an_actor_is_asked_once_for_actions_inside_an_action(ada, django_assert_num_queries):
    asked = []

    @action(Permission.ROLES_MANAGE)
    def inner(*, by):
        asked.append(by)

    @action(Permission.ROLES_MANAGE)
    def outer(*, by):
        inner(by=by)
        inner(by=by)

    locks = 1 if connection.vendor == "postgresql" else 0
    # Three savepoints, and the question.
    with django_assert_num_queries(6 + 1 + locks):
        outer(by=ada)
    assert asked == [ada, ada]


@pytest.mark.django_db
def test_a_lock_that_comes_first_is_not_taken_late(ada, ben):
    @action(Permission.DEVELOPERS_MANAGE)
    def blocks_in_passing(*, by):
        actions.block_user(user=ben, by=by)

    with pytest.raises(RuntimeError, match="before any other"):
        blocks_in_passing(by=ada)


@pytest.mark.django_db
def test_a_lock_that_comes_first_is_taken_once():
    taken = []

    @action(without_actor="a test")
    def inner():
        take_first("a lock", lambda: taken.append(1))

    @action(
        without_actor="a test",
        before=lambda _arguments: take_first("a lock", lambda: taken.append(0)),
    )
    def outer():
        inner()

    outer()
    assert taken == [0]


@pytest.mark.django_db
def test_an_owner_is_found_through_attributes(ben):
    role = RoleFactory()
    role.keeper = ben

    @action(or_owner="role.keeper")
    def keep(*, role, by):
        return True

    assert keep(role=role, by=ben)
    with pytest.raises(ActorMayNotAct):
        keep(role=role, by=UserFactory())


@pytest.mark.django_db(transaction=True)
def test_different_users_never_wait_for_each_other(ada):
    """Else one upload would hold up the block of everybody."""
    with transaction.atomic():
        authority.share(ada.pk)
        authority.claim(ada.pk + 1)


@pytest.mark.django_db
def test_whoever_lost_authority_reads_that_nothing_was_changed(rf, ada, client):
    request = rf.post("/console/roles/add/")
    request.user, request.session = ada, client.session

    page = permission_denied(request, ActorMayNotAct())

    assert page.status_code == 403
    assert "You lost the permission after you opened the page." in page.text
