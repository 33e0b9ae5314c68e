"""Two saves that both saw the same, pressed at once: one of them is asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions as accounts
from base.changes import EditConflict
from catalog import actions as catalog
from gateway.registry.actions import edit_gateway
from invitations.actions import correct_address, edit_link
from packages.actions import edit_package
from service.actions import edit_service
from service.models import current_service
from tests.factories import (
    ApiFactory,
    GatewayFactory,
    InvitationFactory,
    InviteLinkFactory,
    KeyFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.racing import overtake

pytestmark = pytest.mark.django_db(transaction=True)

SOON, LATER = (timezone.now() + timedelta(days=days) for days in (30, 60))


def _service(by: Any) -> Any:
    edit_service(name="Harbour", by=None)
    return current_service()


# The row, its edit, and the field that both change from what it is.
EDITS: dict[str, tuple[Callable[..., Any], Callable[..., Any], str, Any, Any]] = {
    "user": (lambda by: UserFactory(), accounts.edit_user, "first_name", "Ana", "Anna"),
    "role": (lambda by: RoleFactory(), accounts.edit_role, "name", "Partners", "Resellers"),
    "product": (lambda by: ProductFactory(), catalog.edit_product, "subscription_limit", 3, 5),
    "api": (lambda by: ApiFactory(), catalog.edit_api, "version", "1", "2"),
    "package": (lambda by: PackageFactory(), edit_package, "name", "Kit", "Set"),
    "link": (lambda by: InviteLinkFactory(sender=by), edit_link, "quota", 10, 20),
    "gateway": (lambda by: GatewayFactory(), edit_gateway, "name", "North", "South"),
    "service": (_service, edit_service, "invitation_days", 3, 5),
    "subscription": (
        lambda by: SubscriptionFactory(),
        catalog.rename_subscription,
        "name",
        "Web shop",
        "Counter",
    ),
    "end": (
        lambda by: SubscriptionFactory(),
        lambda *, end, **values: catalog.set_subscription_end(subscription=end, **values),
        "ends_at",
        SOON,
        LATER,
    ),
    "key": (lambda by: KeyFactory(), catalog.set_key_expiry, "expires_at", SOON, LATER),
    "invitation": (
        lambda by: InvitationFactory(sender=by),
        correct_address,
        "email",
        "one@example.org",
        "two@example.org",
    ),
}


@pytest.mark.parametrize("kind", EDITS)
def test_the_second_of_two_saves_at_once_is_asked(kind, ada, nadia):
    make, edit, field, first, second = EDITS[kind]
    row = make(ada)
    subject = {} if kind == "service" else {kind: row}
    seen = {field: getattr(row, field)}

    refusal = overtake(
        lambda: edit(**subject, **{field: first}, seen=seen, by=nadia),
        lambda: edit(**subject, **{field: second}, seen=seen, by=ada),
    )

    assert isinstance(refusal, EditConflict), refusal
    conflict = refusal.conflicts[field]
    assert (conflict.present, conflict.wanted, conflict.who) == (first, second, "Nadia Holm")
    row.refresh_from_db()
    assert getattr(row, field) == first


def test_roles_given_and_taken_at_once_all_count(ada, nadia, developers_role):
    ben = UserFactory()
    partners, testers = RoleFactory(), RoleFactory()
    seen = [developers_role]

    overtake(
        lambda: accounts.set_roles(user=ben, roles=[*seen, partners], seen=seen, by=nadia),
        lambda: accounts.set_roles(user=ben, roles=[testers], seen=seen, by=ada),
    )

    assert set(ben.roles.all()) == {partners, testers}


def test_administrators_taken_away_at_once_is_not_given_back(ada, nadia, administrators_role):
    chen = UserFactory(roles=[administrators_role])
    testers = RoleFactory()
    seen = list(chen.roles.all())

    overtake(
        lambda: accounts.remove_role(user=chen, role=administrators_role, by=nadia),
        lambda: accounts.set_roles(user=chen, roles=[*seen, testers], seen=seen, by=ada),
    )

    assert administrators_role not in chen.roles.all()
    assert testers in chen.roles.all()


@pytest.mark.parametrize("thing", ["roles", "apis"])
def test_what_a_product_holds_is_merged_at_once(ada, nadia, thing):
    one, two, three = [(RoleFactory if thing == "roles" else ApiFactory)() for _one in range(3)]
    product = ProductFactory(**{thing: [one]})
    edit = {"roles": catalog.set_product_roles, "apis": catalog.set_product_apis}[thing]

    overtake(
        lambda: edit(product=product, **{thing: [one, two]}, seen=[one], by=nadia),
        lambda: edit(product=product, **{thing: [three]}, seen=[one], by=ada),
    )

    present = set(getattr(product, thing).all())
    assert {two, three} <= present
    assert one not in present


def test_what_a_package_gives_is_merged_at_once(ada, nadia, developers_role):
    one, two, three = [RoleFactory() for _role in range(3)]
    first, second = [ProductFactory() for _product in range(2)]
    package = PackageFactory(roles=[one])

    def save(by, **values):
        return edit_package(package=package, seen={"roles": [one], "products": []}, by=by, **values)

    overtake(
        lambda: save(nadia, roles=[one, two], products=[first]),
        lambda: save(ada, roles=[three], products=[second]),
    )

    assert set(package.roles.all()) == {two, three}
    assert set(package.products.all()) == {first, second}


def test_domains_of_a_link_are_merged_at_once(ada, nadia):
    link = InviteLinkFactory(sender=ada, mail_domains=["a.example"])

    def save(by, *domains):
        return edit_link(
            link=link, mail_domains=domains, seen={"mail_domains": ["a.example"]}, by=by
        )

    overtake(lambda: save(nadia, "a.example", "b.example"), lambda: save(ada, "c.example"))

    link.refresh_from_db()
    assert link.mail_domains == ["b.example", "c.example"]
