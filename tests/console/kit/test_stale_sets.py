"""Boxes ticked and unticked while a colleague did the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import remove_role, set_roles
from accounts.models import Role
from catalog import actions as catalog
from invitations.actions import edit_link
from packages.actions import edit_package
from tests.factories import (
    ApiFactory,
    InviteLinkFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
)
from tests.html_forms import form_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def first():
    return RoleFactory(name="First")


@pytest.fixture
def second():
    return RoleFactory(name="Second")


@pytest.fixture
def third():
    return RoleFactory(name="Third")


def test_roles_taken_away_meanwhile_are_not_given_back(
    console, ben, nadia, administrators_role, first, second, third
):
    set_roles(user=ben, roles=[administrators_role, first, second], by=None)
    address = reverse("console:developer-roles", args=[ben.public_id])
    opened = form_on(console.get(address))
    remove_role(user=ben, role=administrators_role, by=nadia)
    opened["roles"].remove(str(second.public_id))
    opened["roles"].append(str(third.public_id))

    answer = console.post(address, opened)

    assert answer.status_code == 302
    assert set(ben.roles.all()) == {first, third}


def test_roles_given_meanwhile_are_not_taken_back(console, ben, nadia, developers_role, first):
    address = reverse("console:developer-roles", args=[ben.public_id])
    opened = form_on(console.get(address))
    set_roles(user=ben, roles=[developers_role, first], by=nadia)

    console.post(address, opened)

    assert set(ben.roles.all()) == {developers_role, first}


def test_roles_saved_without_what_was_seen_are_the_ones_posted(
    console, ben, developers_role, first
):
    set_roles(user=ben, roles=[developers_role, first], by=None)

    console.post(
        reverse("console:developer-roles", args=[ben.public_id]),
        {"roles": [str(developers_role.public_id)]},
    )

    assert set(ben.roles.all()) == {developers_role}


def test_a_role_deleted_meanwhile_is_missed_by_nobody(console, ben, developers_role, first):
    set_roles(user=ben, roles=[developers_role, first], by=None)
    address = reverse("console:developer-roles", args=[ben.public_id])
    opened = form_on(console.get(address))
    opened["roles"].remove(str(first.public_id))
    first.delete()

    assert console.post(address, opened).status_code == 302
    assert set(ben.roles.all()) == {developers_role}


def test_visibility_keeps_what_a_colleague_opened_and_closed(
    console, nadia, administrators_role, developers_role, first, second, third
):
    product = ProductFactory(roles=[developers_role, first])
    address = reverse("console:product-roles", args=[product.public_id])
    form = form_on(console.get(address))
    catalog.set_product_roles(product=product, roles=[developers_role, second], by=nadia)
    form["roles"].append(str(third.public_id))

    console.post(address, form)

    assert set(product.roles.all()) == {administrators_role, developers_role, second, third}


def test_apis_of_a_product_keep_what_a_colleague_put_in_and_took_out(console, nadia):
    stays, leaves, comes, mine = [ApiFactory() for _api in range(4)]
    product = ProductFactory(apis=[stays, leaves])
    address = reverse("console:product-apis", args=[product.public_id])
    form = form_on(console.get(address))
    catalog.set_product_apis(product=product, apis=[stays, comes], by=nadia)
    form["apis"].append(str(mine.public_id))

    console.post(address, form)

    assert set(product.apis.all()) == {stays, comes, mine}


def test_a_package_keeps_the_roles_and_products_of_a_colleague(
    console, nadia, first, second, third
):
    one, two, three = [
        ProductFactory(roles=[Role.objects.developers(), second]) for _product in range(3)
    ]
    package = PackageFactory(name="Kit", roles=[first], products=[one])
    address = reverse("console:package-edit", args=[package.public_id])
    form = form_on(console.get(address))
    edit_package(package=package, roles=[second], products=[two], name="Set", by=nadia)
    form["roles"].append(str(third.public_id))
    form["products"].append(str(three.public_id))

    assert console.post(address, form).status_code == 302

    package.refresh_from_db()
    assert package.name == "Set"
    assert set(package.roles.all()) == {second, third}
    assert set(package.products.all()) == {two, three}


def test_after_a_conflict_the_boxes_are_those_of_both(console, nadia, first, second, third):
    package = PackageFactory(name="Kit", roles=[first])
    address = reverse("console:package-edit", args=[package.public_id])
    form = form_on(console.get(address))
    edit_package(package=package, roles=[second], name="Set", by=nadia)
    form["roles"].append(str(third.public_id))

    again = form_on(console.post(address, form | {"name": "Bundle"}))

    assert set(again["roles"]) == {str(second.public_id), str(third.public_id)}
    console.post(address, again)
    package.refresh_from_db()
    assert (package.name, set(package.roles.all())) == ("Bundle", {second, third})


def test_a_link_keeps_the_roles_and_domains_of_a_colleague(console, nadia, first, second, third):
    link = InviteLinkFactory(sender=nadia, roles=[first], mail_domains=["a.example", "b.example"])
    address = reverse("console:invite-link-edit", args=[link.public_id])
    form = form_on(console.get(address))
    edit_link(link=link, roles=[second], mail_domains=["b.example", "c.example"], by=nadia)
    form["roles"].append(str(third.public_id))
    form["mail_domains"] = ["a.example, b.example, bücher.example"]

    assert console.post(address, form).status_code == 302

    link.refresh_from_db()
    assert set(link.roles.all()) == {second, third}
    assert link.mail_domains == ["b.example", "c.example", "xn--bcher-kva.example"]


def test_a_quota_left_alone_is_not_judged_by_what_it_was(console, nadia):
    link = InviteLinkFactory(sender=nadia, quota=10, name="Workshop")
    address = reverse("console:invite-link-edit", args=[link.public_id])
    form = form_on(console.get(address))
    edit_link(link=link, quota=50, by=nadia)
    type(link).objects.filter(pk=link.pk).update(used=20)

    assert console.post(address, form | {"name": "Meeting"}).status_code == 302

    link.refresh_from_db()
    assert (link.name, link.quota) == ("Meeting", 50)


def test_a_package_that_both_chose_is_called_by_its_name(console, nadia):
    kit, bundle = PackageFactory(name="Kit"), PackageFactory(name="Bundle")
    link = InviteLinkFactory(sender=nadia, package=PackageFactory(name="Set"))
    address = reverse("console:invite-link-edit", args=[link.public_id])
    form = form_on(console.get(address))
    edit_link(link=link, package=kit, by=nadia)

    refused = console.post(address, form | {"package": str(bundle.public_id)})

    [sentence] = refused.context["form"].errors["package"]
    assert sentence.startswith("Nadia Holm changed this to “Kit” on ")
    assert "You entered “Bundle”." in sentence
    assert console.post(address, form_on(refused)).status_code == 302
    link.refresh_from_db()
    assert link.package == bundle


def test_activating_keeps_the_end_that_a_colleague_chose(console, nadia):
    subscription = SubscriptionFactory(
        state="suspended", ends_at=timezone.now() + timedelta(days=5)
    )
    address = reverse("console:subscription-activate", args=[subscription.public_id])
    form = form_on(console.get(address))
    later = timezone.now() + timedelta(days=60)
    catalog.set_subscription_end(subscription=subscription, ends_at=later, by=nadia)

    assert console.post(address, form).status_code == 302

    subscription.refresh_from_db()
    assert (subscription.state, subscription.ends_at) == ("active", later)
