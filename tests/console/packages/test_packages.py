"""The console's pages of packages, and where one is chosen."""

import pytest

from accounts.models import User
from audit.models import Event
from catalog.models import Key
from console.activity.events import describe
from invitations.models import Invitation
from packages.actions import edit_package, grant_package
from packages.models import Package
from tests.console.developers.page import text_of
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LIST = "/console/packages/"
ADD_USER = "/console/developers/add/"
INVITE = "/console/invitations/new/"
HANA = {"email": "hana@quarry.example", "first_name": "Hana", "last_name": "Tanaka"}


def page_of(client, address):
    return " ".join(client.get(address).content.decode().split())


def page(package):
    return f"{LIST}{package.public_id}/"


def test_the_list_says_when_there_is_none(console):
    assert "No package yet" in page_of(console, LIST)


def test_list_and_page_ask_the_same_queries_for_one_row_and_for_three(
    console, ada, django_assert_num_queries, django_assert_max_num_queries
):
    package = PackageFactory(roles=[RoleFactory()], products=[ProductFactory(unpublished=True)])
    InvitationFactory(sender=ada, package=package)
    console.get(LIST)
    with django_assert_max_num_queries(9) as of_list:
        console.get(LIST)
    with django_assert_max_num_queries(15) as of_page:
        console.get(page(package))

    for _more in range(2):
        package.roles.add(RoleFactory())
        package.products.add(ProductFactory(unpublished=True))
        InvitationFactory(sender=ada, package=package)
        PackageFactory(roles=[RoleFactory()], products=[ProductFactory()])

    with django_assert_num_queries(len(of_list)):
        assert page_of(console, LIST).count('class="cell-main"') == 3
    with django_assert_num_queries(len(of_page)):
        assert page_of(console, page(package)).count('class="cell-main"') == 3


def test_a_package_is_added_shown_edited_and_deleted(console):
    partners, freight = RoleFactory(name="Partners"), ProductFactory(name="Freight")
    form = {
        "name": "Partner start",
        "roles": [partners.public_id],
        "products": [freight.public_id],
        "welcome": "Hello <you>",
        "description": "For companies",
    }

    answer = console.post(f"{LIST}add/", form)

    package = Package.objects.get()
    assert answer["Location"] == page(package)
    shown = page_of(console, page(package))
    for words in ["Partner start", "Partners", "Freight", "Hello &lt;you&gt;", "For companies"]:
        assert words in shown
    assert "Nobody is invited with it at present." in shown
    assert f'value="{freight.public_id}"' in page_of(console, f"{page(package)}edit/")
    console.post(f"{page(package)}edit/", {"name": "Sandbox"})
    package.refresh_from_db()
    assert (package.name, package.roles.count(), package.products.count()) == ("Sandbox", 0, 0)
    assert "Delete Sandbox?" in page_of(console, f"{page(package)}delete/")
    assert console.post(f"{page(package)}delete/")["Location"] == LIST
    assert not Package.objects.exists()


@pytest.mark.parametrize("verb", ["add/", "edit/"])
def test_refusals_stand_at_their_field_and_keep_what_was_typed(console, verb):
    other = PackageFactory(name="Taken")
    hidden = ProductFactory(name="Freight", roles=[RoleFactory()])
    address = LIST + (verb if verb == "add/" else f"{PackageFactory().public_id}/{verb}")

    for form, told in [
        ({"name": ""}, "Enter a name."),
        ({"name": "TAKEN"}, "A package with this name already exists."),
        ({"name": "New", "products": [hidden.public_id]}, "No role of this package sees Freight"),
    ]:
        answer = console.post(address, form | {"welcome": "Keep me"})
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert "Keep me" in answer.content.decode()
    assert Package.objects.filter(name_key="taken").get() == other


def test_administrators_cannot_be_chosen(console, administrators_role):
    assert str(administrators_role.public_id) not in page_of(console, f"{LIST}add/")

    answer = console.post(
        f"{LIST}add/", {"name": "Start", "roles": [administrators_role.public_id]}
    )

    assert answer.status_code == 422


def test_what_it_does_not_give_is_said(console):
    role = RoleFactory(name="Partners")
    hidden = ProductFactory(name="Inner", roles=[role])
    package = PackageFactory(
        roles=[role], products=[hidden, ProductFactory(name="Later", unpublished=True)]
    )
    assert "No role of the package sees it." not in page_of(console, page(package))

    package.roles.clear()

    shown = page_of(console, page(package))
    assert "Whoever is given it now does not get:" in shown
    assert "No role of the package sees it." in shown
    assert "It is not published." in shown
    assert "Gives less than it names" in page_of(console, LIST)


def test_a_whole_package_is_not_warned_about(console, ada):
    role = RoleFactory()
    open_to_all = ProductFactory(roles=[RoleFactory._meta.model.objects.get(built_in="guests")])
    PackageFactory(roles=[role], products=[ProductFactory(roles=[role]), open_to_all])
    AdministratorFactory()

    assert "Gives less than it names" not in page_of(console, LIST)
    assert "gives less than it names" not in page_of(console, "/console/")


def test_the_overview_says_that_one_gives_less(console):
    UserFactory()
    PackageFactory(products=[ProductFactory(unpublished=True)])

    assert "1 package gives less than it names" in page_of(console, "/console/")


def test_the_deletion_says_what_waits_with_it(console, ada):
    package = PackageFactory()
    invitation = InvitationFactory(sender=ada, package=package)
    assert invitation.email in page_of(console, page(package))

    assert "1 unanswered invitation would give" in page_of(console, f"{page(package)}delete/")

    console.post(f"{page(package)}delete/")
    invitation.refresh_from_db()
    assert invitation.package is None


def test_a_product_says_which_packages_lose_it(console):
    product = ProductFactory()
    PackageFactory.create_batch(2, products=[product])

    for verb in ["unpublish", "delete"]:
        shown = page_of(console, f"/console/products/{product.public_id}/{verb}/")
        assert "2 packages name it and give one subscription less." in shown


def test_each_choice_says_what_it_gives(console):
    roles = [RoleFactory(name="Pilots"), RoleFactory(name="Partners")]
    PackageFactory(name="Start", roles=roles[1:], products=[ProductFactory(name="Freight")])
    PackageFactory(
        name="Wide",
        roles=roles,
        products=[ProductFactory(name=name) for name in ("C", "A", "B")],
    )
    PackageFactory(name="Words")

    for address in [INVITE, ADD_USER]:
        shown = page_of(console, address)
        assert "Start: role Partners, subscription to Freight" in shown
        assert "Wide: roles Partners and Pilots, subscriptions to A, B and C" in shown
        assert "Words: a welcome text" in shown


def test_inviting_with_a_package(console):
    package = PackageFactory(name="Start", roles=[RoleFactory(name="Partners")])
    form = page_of(console, f"{INVITE}?package={package.public_id}")
    assert f'<option value="{package.public_id}" selected>' in form

    console.post(INVITE, HANA | {"package": package.public_id})

    invitation = Invitation.objects.get()
    assert invitation.package == package
    shown = page_of(console, f"/console/invitations/{invitation.public_id}/")
    assert f'<a href="{page(package)}">Start</a>' in shown
    assert "Role Partners" in shown


def test_a_package_that_is_none_is_refused(console):
    for value in ["nonsense", "00000000-0000-0000-0000-000000000000"]:
        for address in [INVITE, ADD_USER]:
            answer = console.post(address, HANA | {"package": value})
            assert answer.status_code == 422
            assert "Choose a package from the list." in answer.content.decode()


def test_adding_with_a_package(console):
    package = PackageFactory(name="Start", products=[ProductFactory(name="Freight")])

    answer = console.post(ADD_USER, HANA | {"package": package.public_id}, follow=True)

    hana = User.objects.get(email=HANA["email"])
    assert hana.subscriptions.get().product.name == "Freight"
    assert not Key.objects.exists()
    assert "They make the keys to Freight in the portal." in text_of(answer)
    assert 'class="message message-success"' in answer.content.decode()


def test_adding_says_what_the_package_did_not_give(console):
    package = PackageFactory(products=[ProductFactory(name="Later", unpublished=True)])

    answer = console.post(ADD_USER, HANA | {"package": package.public_id}, follow=True)

    assert "Later is not published." in text_of(answer)
    assert 'class="message message-warning"' in answer.content.decode()


def test_the_journal_tells_it_in_words(ada, ben):
    package = PackageFactory(
        name="Start",
        roles=[RoleFactory(name="Partners")],
        products=[ProductFactory(name="Later", unpublished=True)],
    )
    edit_package(
        package=package,
        name="Begin",
        description="",
        welcome="",
        roles=package.roles.all(),
        products=package.products.all(),
        by=ada,
    )
    grant_package(package=package, user=ben, by=ada)
    grant_package(package=package, user=ben, by=ben)

    told = [describe(event) for event in Event.objects.order_by("pk")]

    assert told == [
        "Ada Lovelace edited the package Begin: name",
        "Ada Lovelace gave Ben Okafor the role Partners",
        "Ada Lovelace gave Ben Okafor the package Begin: without Later",
        "Ben Okafor was given the package Begin: without Later",
    ]


def test_a_role_taken_with_a_package_was_given_by_nobody_present(ben):
    grant_package(package=PackageFactory(roles=[RoleFactory(name="Pilots")]), user=ben, by=ben)

    event = Event.objects.get(action="user.role_assigned")
    assert describe(event) == "Ben Okafor was given the role Pilots"
