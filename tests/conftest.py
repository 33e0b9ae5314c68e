"""Named people, and what the two databases need between tests."""

import os

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from accounts.models import Role, User
from apim import settings as production
from catalog.models import Api, Product
from tests.emptying import empty_databases
from tests.factories import PASSWORD, AdministratorFactory, UserFactory

# Playwright's synchronous API runs an event loop in this thread; the ORM is called beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Its limits are of elapsed time, which says how busy the machine is.
hypothesis.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("house")

# Whoever asks for one of these meets the database without a mark.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


# The files whose tests last longest, longest first, by `--durations`. None of them is to begin when
# the others are through. Browser and server processes mostly wait, so they also leave a core free.
LONGEST = [
    "tests/browser/test_pages.py",
    "tests/journeys/test_real_gateways.py",
    "tests/imports/test_killed.py",
    "tests/gateway/test_block_under_load.py",
    "tests/gateway/test_database_away.py",
    "tests/gateway/test_process.py",
    "tests/test_doors.py",
    "tests/mail/test_worker.py",
    "tests/browser/test_first_page.py",
    "tests/browser/test_trials.py",
    "tests/browser/test_many.py",
    "tests/browser/test_dialogs.py",
    "tests/journeys/test_first_call.py",
    "tests/gateway/test_rule.py",
    "tests/accounts/test_throttle.py",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Every database test may use the throttle's file too, and is marked as one."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None:
            item.add_marker(
                pytest.mark.django_db(**(mark.kwargs | {"databases": "__all__"})), append=False
            )
        if mark is not None or DATABASE_FIXTURES & set(item.fixturenames):
            item.add_marker("database")


class LongestFirst:
    """Runs after all that deselects, shuffles and sorts."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        ranks = {file: rank for rank, file in enumerate(LONGEST)}
        files = {item: item.path.relative_to(config.rootpath).as_posix() for item in items}
        long = sorted(
            (item for item in items if files[item] in ranks), key=lambda i: ranks[files[i]]
        )
        short = [item for item in items if files[item] not in ranks]
        # `--dist worksteal` begins by giving each worker its part of the row, so each part begins
        # with its share of the long ones.
        parts = getattr(config, "workerinput", {}).get("workercount", 1)
        size = -(-len(short) // parts)
        items[:] = [
            item
            for part in range(parts)
            for item in [*long[part::parts], *short[part * size : (part + 1) * size]]
        ]


def pytest_configure(config):
    config.pluginmanager.register(LongestFirst())


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
    settings.BACKGROUND = "worker"
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
