"""Accepting an invitation with a package: what is asked, and the page that answers."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from catalog.actions import edit_product
from catalog.keys import digest_of
from catalog.models import Key, Product, Subscription
from invitations.actions import invite_user
from packages.actions import delete_package
from packages.models import Package
from tests.factories import ApiFactory, PackageFactory, ProductFactory, RoleFactory
from tests.portal.pages import NEW_PASSWORD, invitation_link, text_of

pytestmark = pytest.mark.django_db

ANSWER = {"first_name": "Sofia", "last_name": "Brandt", "password": NEW_PASSWORD}


@pytest.fixture
def echo() -> Product:
    api = ApiFactory(name="Echo API", slug="echo", path_prefix="/echo", back_end="")
    return ProductFactory(name="Starter", apis=[api])


@pytest.fixture
def package(echo) -> Package:
    welcome = "Start with <b>Echo</b>.\n\nAsk Ada."
    return PackageFactory(name="Partner start", welcome=welcome, products=[echo])


def link_with(package, ada) -> str:
    invitation = invite_user(
        email="sofia@example.org",
        first_name="Sofia",
        last_name="Brandt",
        package=package,
        validity=timedelta(days=7),
        by=ada,
    )
    return invitation_link(invitation)


def keys_in(response) -> list[str]:
    shown = re.findall(r"apim_live_[0-9A-Za-z_]{50}", response.content.decode())
    return list(dict.fromkeys(shown))


def test_the_answer_is_a_page_with_the_keys_and_a_first_call(package, ada, settings):
    link = link_with(package, ada)
    assert "It comes with access to: <strong>Starter</strong>." in text_of(Client().get(link))
    client = Client()

    answer = client.post(link, ANSWER)

    assert answer.status_code == 200
    page = text_of(answer)
    assert "Welcome, Sofia" in page
    assert "<p>Start with &lt;b&gt;Echo&lt;/b&gt;.</p>" in page
    primary, secondary = keys_in(answer)
    digests = set(Key.objects.values_list("digest", flat=True))
    assert {digest_of(primary), digest_of(secondary)} == digests
    call = f"curl -H &quot;Ocp-Apim-Subscription-Key: {primary}&quot; {settings.PUBLIC_URL}/echo"
    assert call in page.replace('"Ocp', "&quot;Ocp").replace(f'{primary}"', f"{primary}&quot;")
    assert 'id="stored"' in page
    assert page.count("<h1>") == 1
    subscription = Subscription.objects.get()
    assert (subscription.owner.email, subscription.is_active) == ("sofia@example.org", True)


def test_the_page_is_kept_nowhere_and_comes_only_once(package, ada):
    link = link_with(package, ada)
    client = Client()
    answer = client.post(link, ANSWER)

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert '<meta name="referrer" content="strict-origin">' in answer.content.decode()
    for address in (link, "/", "/subscriptions/"):
        assert keys_in(client.get(address, follow=True)) == []


def test_the_answer_signs_in_like_any_other(package, ada):
    client = Client(enforce_csrf_checks=True)
    link = link_with(package, ada)
    token = str(client.get(link).context["csrf_token"])

    answer = client.post(link, ANSWER | {"csrfmiddlewaretoken": token})

    assert answer.status_code == 200
    assert "device" in client.cookies
    assert client.session["account_authentication_methods"][-1]["method"] == "password"
    assert client.session.get_expire_at_browser_close()
    assert client.get("/").status_code == 200
    # The forms on the page carry the token of the new session.
    fresh = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.content.decode())[1]
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": fresh}).status_code == 302


def test_sending_the_form_again_leads_home_and_makes_nothing(package, ada):
    """What a reload does; its form is from before the person was signed in."""
    client = Client(enforce_csrf_checks=True)
    link = link_with(package, ada)
    form = ANSWER | {"csrfmiddlewaretoken": str(client.get(link).context["csrf_token"])}
    client.post(link, form)

    again = client.post(link, form)

    assert (again.status_code, again["Location"]) == (302, "/")
    assert User.objects.filter(email="sofia@example.org").count() == 1
    assert (Subscription.objects.count(), Key.objects.count()) == (1, 2)
    assert Client(enforce_csrf_checks=True).post(link, form).status_code == 403


def test_terms_are_read_and_accepted_one_by_one(package, ada, echo):
    kind = ProductFactory(name="Kind", terms="Be <kind>.\n\nAlways.")
    package.products.set([echo, kind])
    link = link_with(package, ada)
    page = text_of(Client().get(link))
    assert "<p>Be &lt;kind&gt;.</p>" in page
    assert "I accept the terms of Kind" in page
    assert "terms of Starter" not in page

    refused = Client().post(link, ANSWER)

    assert refused.status_code == 422
    assert ">Accept the terms of Kind.</a>" in text_of(refused)
    assert "Type the password again." in text_of(refused)
    assert not User.objects.filter(email="sofia@example.org").exists()
    accepted = Client().post(link, ANSWER | {f"terms_{kind.public_id.hex}": "on"})
    assert accepted.status_code == 200
    assert len(keys_in(accepted)) == 4
    assert Subscription.objects.get(product=kind).terms_accepted_at is not None
    assert Subscription.objects.get(product=echo).terms_accepted_at is None


def test_password_and_terms_are_judged_in_one_pass(package, ada):
    package.products.set([ProductFactory(name="Kind", terms="Be kind.")])

    refused = text_of(Client().post(link_with(package, ada), ANSWER | {"password": "otters swim"}))

    assert "Accept the terms of Kind." in refused
    assert "Use at least 12 characters. This one has 11." in refused
    assert "Type the password again." not in refused


def test_terms_written_while_the_form_was_open_are_asked_for(package, ada, echo):
    link = link_with(package, ada)
    Client().get(link)
    edit_product(
        product=echo,
        name=echo.name,
        slug=echo.slug,
        description="",
        terms="Be kind.",
        approval_needed=False,
        subscription_limit=None,
        by=ada,
    )

    answer = Client().post(link, ANSWER)

    assert answer.status_code == 422
    assert "I accept the terms of Starter" in text_of(answer)


def test_what_is_not_given_is_said(package, ada, echo):
    package.products.add(ProductFactory(name="Later", unpublished=True))
    link = link_with(package, ada)
    assert "Later" not in text_of(Client().get(link))

    page = text_of(Client().post(link, ANSWER))

    assert "Not part of it yet" in page
    assert "Later is not published." in page
    assert "Starter" in page


def test_without_a_gateway_there_is_no_call_to_copy(ada):
    product = ProductFactory(apis=[ApiFactory()])
    link = link_with(PackageFactory(products=[product]), ada)

    answer = Client().post(link, ANSWER)

    assert len(keys_in(answer)) == 2
    assert "No gateway says yet where its APIs are called." in text_of(answer)
    assert "curl" not in text_of(answer)


@pytest.mark.parametrize(("welcome", "status"), [("Read the guide.", 200), ("", 302)])
def test_a_package_of_roles_alone_shows_its_welcome(ada, welcome, status):
    package = PackageFactory(roles=[RoleFactory(name="Partners")], welcome=welcome)

    answer = Client().post(link_with(package, ada), ANSWER)

    assert answer.status_code == status
    assert welcome in text_of(answer)
    roles = User.objects.get(email="sofia@example.org").roles
    assert {role.name for role in roles.all()} == {"Developers", "Partners"}


def test_nothing_but_skipped_products_still_leads_on(ada):
    package = PackageFactory(products=[ProductFactory(name="Later", unpublished=True)])

    page = text_of(Client().post(link_with(package, ada), ANSWER))

    assert "Later is not published." in page
    assert "Go to the portal" in page


def test_a_package_deleted_meanwhile_leaves_the_invitation(package, ada):
    link = link_with(package, ada)
    delete_package(package=package, by=ada, confirmed=True)

    answer = Client().post(link, ANSWER)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not Subscription.objects.exists()
