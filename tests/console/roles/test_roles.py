"""Roles and their members."""

from uuid import uuid4

import pytest

from accounts.models import Role, User
from audit.models import Event
from tests.console.invitations.test_invitations import text_of
from tests.factories import AdministratorFactory, ProductFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db

ROLES = "/console/roles/"
HTMX = {"HX-Request": "true"}
RESULTS = HTMX | {"HX-Target": "results"}


def address(role, operation=""):
    return f"{ROLES}{role.public_id}/{operation}"


@pytest.fixture
def partners(db):
    return RoleFactory(name="Partners", description="Companies with a contract.")


@pytest.fixture
def hana(partners):
    return UserFactory(
        email="hana@quarry.tools", first_name="Hana", last_name="Tanaka", roles=[partners]
    )


def test_the_list_shows_roles_with_members_and_marks_built_in_ones(console, partners, hana):
    text = text_of(console.get(ROLES))

    assert "Administrators Built in" in text
    assert "Guests Built in" in text
    assert "Partners Companies with a contract. 1" in text
    assert "Built in: it cannot be renamed or deleted" in text


def test_the_list_costs_the_same_for_one_and_three(
    console, partners, hana, django_assert_num_queries, django_assert_max_num_queries
):
    console.get(ROLES)
    with django_assert_max_num_queries(12) as one:
        console.get(ROLES)
    for name in ("Finance", "Sandbox"):
        UserFactory(roles=[RoleFactory(name=name)])

    with django_assert_num_queries(len(one)):
        console.get(ROLES)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "dialog"])
def test_create_makes_a_role_and_leads_to_its_members(console, headers):
    response = console.post(
        f"{ROLES}new/", {"name": "Finance", "description": "Invoices."}, headers=headers
    )

    role = Role.objects.get(name="Finance")
    assert role.description == "Invoices."
    assert (response.get("Location") or response.get("HX-Redirect")) == address(role)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("PARTNERS", "A role with this name already exists."),
        ("", "Enter a name."),
        ("x" * 101, "at most 100 characters"),
        ("see www.example.org", "A name cannot contain a link."),
    ],
)
def test_create_refuses_with_a_sentence(console, partners, name, sentence):
    response = console.post(f"{ROLES}new/", {"name": name, "description": "kept words"})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "kept words" in text_of(response)
    assert Role.objects.filter(built_in=None).count() == 1


def test_edit_renames(console, partners):
    page = console.get(address(partners, "edit/"))
    response = console.post(
        address(partners, "edit/"), {"name": "Allies", "description": ""}, follow=True
    )

    partners.refresh_from_db()
    assert 'value="Partners"' in page.content.decode()
    assert (partners.name, partners.description) == ("Allies", "")
    assert "The role Allies was saved." in text_of(response)


@pytest.mark.parametrize("operation", ["edit/", "delete/"])
def test_built_in_roles_are_refused_on_the_page_and_by_the_server(
    console, developers_role, operation
):
    page = console.get(address(developers_role, operation))
    response = console.post(
        address(developers_role, operation), {"name": "Others", "confirmed": "on"}
    )

    assert "Built-in roles cannot be renamed or deleted" in text_of(page)
    assert 'class="btn btn-danger"' not in page.content.decode()
    assert response.status_code == 422
    developers_role.refresh_from_db()
    assert developers_role.name == "Developers"


def test_delete_with_members_wants_the_box_ticked(console, partners, hana):
    page = console.get(address(partners, "delete/"))
    refused = console.post(address(partners, "delete/"))

    assert "1 person has this role and would lose it" in text_of(page)
    assert refused.status_code == 422
    assert "Confirm to delete it all the same." in text_of(refused)
    assert Role.objects.filter(pk=partners.pk).exists()

    done = console.post(address(partners, "delete/"), {"confirmed": "on"}, follow=True)

    assert "The role Partners was deleted." in text_of(done)
    assert not Role.objects.filter(pk=partners.pk).exists()
    assert User.objects.filter(pk=hana.pk).exists()


def test_delete_without_members_needs_no_box(console, partners):
    page = console.get(address(partners, "delete/"), headers=HTMX)
    response = console.post(address(partners, "delete/"), headers=HTMX)

    assert b'name="confirmed"' not in page.content
    assert response["HX-Redirect"] == ROLES
    assert not Role.objects.filter(pk=partners.pk).exists()


def test_members_are_searched(console, partners, hana):
    UserFactory(first_name="Omar", last_name="Clarke", roles=[partners])
    UserFactory(first_name="Hanako", last_name="Outside")

    text = text_of(console.get(address(partners), {"q": "hana"}))

    assert "Hana Tanaka" in text
    assert "Omar" not in text
    assert "Hanako" not in text


@pytest.mark.parametrize("page", ["", "members/add/"])
def test_a_search_that_makes_no_sense_searches_for_nothing(console, partners, page):
    assert console.get(address(partners, page), {"q": "\0", "cursor": "x"}).status_code == 200


def test_members_have_pages(console, partners):
    UserFactory.create_batch(51, roles=[partners])

    first = console.get(address(partners))
    cursor = first.context["listing"].page.next_cursor
    second = console.get(address(partners), {"cursor": cursor}, headers=RESULTS)

    assert "50 of 51 members" in text_of(first)
    assert len(second.context["listing"].page.rows) == 1
    assert b"<html" not in second.content


def test_members_cost_the_same_for_one_and_three(
    console, partners, hana, django_assert_num_queries, django_assert_max_num_queries
):
    console.get(address(partners))
    with django_assert_max_num_queries(14) as one:
        console.get(address(partners))
    UserFactory.create_batch(2, roles=[partners, RoleFactory()])

    with django_assert_num_queries(len(one)):
        console.get(address(partners))


def test_a_role_says_which_products_it_sees_and_what_its_end_would_close(console, partners):
    page = address(partners)
    assert "Sees no product." in text_of(console.get(page))
    for name in ["Freight", "Billing"]:
        ProductFactory(name=name, roles=[partners])

    assert "Sees the products Billing , Freight ." in text_of(console.get(page))
    assert "their keys to them are refused: Billing, Freight" in text_of(
        console.get(f"{page}delete/")
    )


def test_a_role_without_members_invites_to_add_some(console, partners):
    assert "Nobody has this role yet" in text_of(console.get(address(partners)))


def test_guests_have_no_members_page_to_add_to(console, ben):
    guests = Role.objects.get(built_in=Role.BuiltIn.GUESTS)

    page = console.get(address(guests))
    add = console.get(address(guests, "members/add/"))
    response = console.post(
        address(guests, "members/add/"), {"selected": [ben.public_id]}, follow=True
    )

    assert "Nobody can be given it." in text_of(page)
    assert "Ben Okafor" not in text_of(add)
    assert "1 skipped. Ben Okafor: Nobody can be given the role Guests" in text_of(response)


def test_add_members_offers_those_outside_the_role(console, partners, hana, ben):
    page = text_of(console.get(address(partners, "members/add/")))
    found = console.get(address(partners, "members/add/"), {"q": "ben"}, headers=RESULTS)

    assert "Ben Okafor" in page
    assert "Hana Tanaka" not in page
    assert "Ben Okafor" in text_of(found)
    assert b"<html" not in found.content


def test_add_members_says_when_more_people_match_than_it_shows(console, partners):
    UserFactory.create_batch(21)

    assert "The first 20 are shown." in text_of(console.get(address(partners, "members/add/")))


def test_searching_again_keeps_who_was_ticked(console, partners, ben):
    UserFactory(first_name="Omar", last_name="Clarke")

    found = console.get(
        address(partners, "members/add/"), {"q": "omar", "selected": ben.public_id}, headers=RESULTS
    )

    ticked, offered = text_of(found).index("Ben Okafor"), text_of(found).index("Omar Clarke")
    assert ticked < offered
    assert found.content.decode().count("checked") == 1


def test_add_members_puts_the_ticked_ones_into_the_role(console, partners, ben):
    omar = UserFactory()
    response = console.post(
        address(partners, "members/add/"),
        {"selected": [ben.public_id, omar.public_id]},
        follow=True,
    )

    assert set(partners.members.all()) == {ben, omar}
    assert "2 people now have the role Partners." in text_of(response)
    assert Event.objects.filter(action="user.role_assigned").count() == 2


def test_add_members_without_a_tick_comes_back(console, partners):
    response = console.post(address(partners, "members/add/"))

    assert response.status_code == 422
    assert "Select at least one person." in text_of(response)


def test_remove_one_member(console, partners, hana):
    response = console.post(
        address(partners, "members/remove/"), {"selected": hana.public_id}, follow=True
    )

    assert "Hana Tanaka no longer has the role Partners." in text_of(response)
    assert not partners.members.exists()


def test_remove_many_names_the_skipped(console, ada, administrators_role):
    chen = AdministratorFactory(first_name="Chen", last_name="Wei")

    response = console.post(
        address(administrators_role, "members/remove/"),
        {"selected": [ada.public_id, chen.public_id]},
        follow=True,
    )

    text = text_of(response)
    assert "Chen Wei no longer has the role Administrators." in text
    assert "1 skipped. Ada Lovelace: You cannot take the Administrators role from yourself." in text
    assert list(administrators_role.members.all()) == [ada]


@pytest.mark.parametrize("selected", [[], ["not-a-uuid"], [str(uuid4())]])
def test_remove_without_anybody_says_so(console, partners, hana, selected):
    response = console.post(
        address(partners, "members/remove/"), {"selected": selected}, follow=True
    )

    assert "Select at least one person." in text_of(response)
    assert partners.members.get() == hana


def test_remove_takes_posts_only(console, partners):
    assert console.get(address(partners, "members/remove/")).status_code == 405


@pytest.mark.parametrize("operation", ["", "edit/", "delete/", "members/add/"])
def test_looking_changes_nothing_and_unknown_roles_are_not_found(console, partners, operation):
    events = Event.objects.count()

    assert console.get(address(partners, operation)).status_code == 200
    assert console.get(f"{ROLES}{uuid4()}/{operation}").status_code == 404
    assert Event.objects.count() == events


@pytest.mark.parametrize("operation", ["", "edit/", "delete/", "members/add/"])
def test_developers_and_visitors_stay_outside(portal, client, partners, operation):
    assert portal.get(address(partners, operation)).status_code == 403
    assert client.get(address(partners, operation)).status_code == 302
    assert portal.post(address(partners, "members/remove/")).status_code == 403
