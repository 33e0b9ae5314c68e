"""Adding a person together with what a package holds."""

import pytest

from accounts.actions import AddressTaken
from accounts.models import User
from catalog.models import Key
from mail.models import Message
from packages import actions
from tests.factories import PASSWORD, PackageFactory, ProductFactory, RoleFactory

pytestmark = pytest.mark.django_db


def add(by, **changes):
    values = {"email": "chen@example.org", "first_name": "Chen", "last_name": "Wu"}
    return actions.add_user_with_package(**(values | changes), by=by)


def test_the_person_has_what_the_package_holds_and_no_key_yet(ada):
    partners = RoleFactory(name="Partners")
    package = PackageFactory(roles=[partners], products=[ProductFactory(terms="Be kind.")])

    user, grant = add(ada, package=package, password=PASSWORD, must_change_password=False)

    assert {role.name for role in user.roles.all()} == {"Developers", "Partners"}
    assert user.check_password(PASSWORD)
    assert not user.must_change_password
    [subscription] = grant.subscriptions
    assert subscription.is_active
    assert subscription.terms_accepted_at is None
    assert not Key.objects.exists()
    assert Message.objects.get().kind == "welcome_with_package"


def test_without_a_package_it_is_add_user(ada):
    user, grant = add(
        ada, note="Met at the fair", language="de", roles=[RoleFactory(name="Pilots")]
    )

    assert grant is None
    assert (user.note, user.language) == ("Met at the fair", "de")
    assert {role.name for role in user.roles.all()} == {"Developers", "Pilots"}
    assert Message.objects.get().kind == "welcome"


def test_no_letter_where_none_is_wanted(ada):
    add(ada, package=PackageFactory(), password=PASSWORD, welcome=False)

    assert not Message.objects.exists()


def test_a_package_deleted_meanwhile_adds_nobody(ada):
    package = PackageFactory()
    type(package).objects.all().delete()

    with pytest.raises(actions.PackageGone):
        add(ada, package=package)

    assert not User.objects.by_address("chen@example.org")
    assert not Message.objects.exists()


def test_a_taken_address_gives_its_owner_nothing(ada, ben):
    with pytest.raises(AddressTaken):
        add(ada, email=ben.email, package=PackageFactory(products=[ProductFactory()]))

    assert not ben.subscriptions.exists()
