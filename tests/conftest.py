"""Named people, and what the two databases need between tests."""

import os

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, TransactionTestCase

from accounts.models import Role, User
from apim import settings as production
from catalog.models import Api, Product
from tests.emptying import empty_databases
from tests.factories import PASSWORD, AdministratorFactory, UserFactory

# Playwright's synchronous API runs an event loop in this thread; the ORM is called beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Every database test may use the throttle's file too."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None:
            item.add_marker(
                pytest.mark.django_db(**(mark.kwargs | {"databases": "__all__"})), append=False
            )


@pytest.fixture(autouse=True, scope="session")
def _flush_knows_the_house():
    """After a transactional test our own emptying runs instead of Django's flush."""
    teardown = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda case: empty_databases()
    yield
    TransactionTestCase._fixture_teardown = teardown


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """An empty catalog: a test names the products it talks about (tests/catalog/test_seeds.py)."""
    with django_db_blocker.unblock():
        Product.objects.all().delete()
        Api.objects.all().delete()


@pytest.fixture(autouse=True)
def _quick_settings(settings, tmp_path):
    """Letters wait for `deliver`; the local inbox is this test's own."""
    settings.MAIL_DELIVERY = "worker"
    settings.MAIL_PREVIEW_ROOT = tmp_path / "inbox"


@pytest.fixture
def real_hasher(settings):
    """Passwords are hashed at the cost that they have in production."""
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS


@pytest.fixture
def administrators_role(db) -> Role:
    return Role.objects.administrators()


@pytest.fixture
def developers_role(db) -> Role:
    return Role.objects.developers()


@pytest.fixture
def ada(db) -> User:
    """An administrator."""
    return AdministratorFactory(email="ada@example.org", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def nadia(db) -> User:
    """Another administrator."""
    return AdministratorFactory(email="nadia@example.org", first_name="Nadia", last_name="Holm")


@pytest.fixture
def ben(db) -> User:
    """A developer."""
    return UserFactory(email="ben@example.org", first_name="Ben", last_name="Okafor")


def sign_in(user: User) -> Client:
    """A browser in which this person signed in through the page."""
    client = Client()
    response = client.post("/sign-in/", {"email": user.email, "password": PASSWORD})
    assert response.status_code == 302, response.content[:2000]
    return client


@pytest.fixture
def console(ada) -> Client:
    """The browser of Ada, an administrator."""
    return sign_in(ada)


@pytest.fixture
def portal(ben) -> Client:
    """The browser of Ben, a developer."""
    return sign_in(ben)


@pytest.fixture
def deliver():
    """Delivers everything due and returns the letters that left, oldest first."""
    from mail.delivery import deliver_due

    def deliver_all():
        before = len(mail.outbox)
        deliver_due()
        return mail.outbox[before:]

    return deliver_all


@pytest.fixture
def is_sqlite() -> bool:
    return settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
