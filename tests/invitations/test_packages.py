"""Invitations with a package: what acceptance gives, and what happens to it meanwhile."""

from datetime import timedelta

import pytest

from audit.models import Event
from catalog.actions import delete_product, unpublish_product
from catalog.models import Key, Subscription
from invitations import actions
from invitations.models import Invitation
from packages.actions import (
    PackageGone,
    PackageTermsNotAccepted,
    delete_package,
    grant_package,
)
from tests.factories import (
    PASSWORD,
    InvitationFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    UserFactory,
)
from tests.racing import overtake, race, refusals

pytestmark = pytest.mark.django_db


def invite(by, package):
    return actions.invite_user(
        email="sofia@kelpworks.example",
        first_name="Sofia",
        last_name="Brandt",
        validity=timedelta(days=7),
        package=package,
        by=by,
    )


def accept(invitation, **changes):
    values = {"password": PASSWORD, "first_name": "Sofia", "last_name": "Brandt"}
    return actions.accept_invitation(invitation=invitation, **(values | changes))


def test_acceptance_gives_the_package_with_keys(ada):
    partners = RoleFactory(name="Partners")
    product = ProductFactory(roles=[partners])
    invitation = invite(ada, PackageFactory(name="Start", roles=[partners], products=[product]))
    sent = Event.objects.get(action="invitation.sent")
    assert sent.data == {"roles": [], "package": "Start"}

    accepted = accept(invitation)

    assert {role.name for role in accepted.user.roles.all()} == {"Developers", "Partners"}
    [subscription] = accepted.grant.subscriptions
    assert (subscription.owner, subscription.product) == (accepted.user, product)
    assert len(accepted.grant.keys_of(subscription)) == 2
    granted = Event.objects.get(action="package.granted")
    assert (granted.actor_id, granted.subject_id) == (accepted.user.public_id,) * 2


def test_acceptance_without_a_package_gives_none(ada):
    assert accept(invite(ada, None)).grant is None


def test_terms_that_were_not_accepted_leave_the_invitation_open(ada):
    product = ProductFactory(terms="Be kind.")
    invitation = invite(ada, PackageFactory(products=[product]))

    with pytest.raises(PackageTermsNotAccepted):
        accept(invitation)

    invitation.refresh_from_db()
    assert invitation.is_pending
    assert accept(invitation, terms_accepted=[product]).grant.subscriptions


def test_a_package_deleted_before_the_invitation_is_refused(ada):
    package = PackageFactory()
    type(package).objects.all().delete()

    with pytest.raises(PackageGone):
        invite(ada, package)

    assert not Invitation.objects.exists()


def test_resending_keeps_the_package(ada):
    package = PackageFactory()
    invitation = invite(ada, package)

    assert actions.resend_invitation(invitation=invitation, by=ada).package == package


@pytest.mark.django_db(transaction=True)
def test_accepting_at_once_makes_one_user_and_one_set_of_subscriptions(ada, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    package = PackageFactory(products=[ProductFactory(), ProductFactory()])
    invitation = InvitationFactory(sender=ada, package=package)
    stale = [Invitation.objects.get(pk=invitation.pk) for _press in range(8)]

    outcomes = race(*[lambda one=one: accept(one) for one in stale])

    assert len(refusals(outcomes, actions.InvitationNotUsable)) == 7
    assert (Subscription.objects.count(), Key.objects.count()) == (2, 4)


@pytest.mark.django_db(transaction=True)
def test_a_package_deleted_at_the_same_moment_is_given_or_not_and_nothing_breaks(ada):
    for _round in range(4):
        package = PackageFactory(roles=[RoleFactory()], products=[ProductFactory()])
        invitation = InvitationFactory(sender=ada, package=package)

        accepted, deleted = race(
            lambda invitation=invitation: accept(invitation),
            lambda package=package: delete_package(package=package, by=ada, confirmed=True),
        )

        assert deleted is None
        given = accepted.user.subscriptions.count()
        assert given == (1 if accepted.grant else 0)
        invitation.refresh_from_db()
        assert invitation.package is None


@pytest.mark.django_db(transaction=True)
def test_coming_through_a_link_while_its_package_is_deleted_breaks_nothing(ada):
    for number in range(4):
        package = PackageFactory(products=[ProductFactory()])
        link = actions.create_link(name=f"Fair {number}", package=package, by=ada)
        invitation = InvitationFactory(sender=ada, package=package, invite_link=link)

        accepted, asked, deleted = race(
            lambda invitation=invitation: accept(invitation),
            lambda link=link, number=number: actions.request_invitation(
                link=link, email=f"p{number}@example.org", first_name="P", last_name="Q"
            ),
            lambda package=package: delete_package(package=package, by=ada, confirmed=True),
        )

        assert accepted.user.is_active
        assert (asked, deleted) == (None, None)
        assert not Invitation.objects.filter(package__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_a_deletion_committed_after_the_look_leaves_the_invitation(ada):
    package = PackageFactory(products=[ProductFactory()])
    invitation = InvitationFactory(sender=ada, package=package)

    accepted = overtake(
        lambda: delete_package(package=package, by=ada, confirmed=True),
        lambda: accept(Invitation.objects.get(pk=invitation.pk)),
    )

    assert accepted.grant is None
    assert accepted.user.is_active


@pytest.mark.django_db(transaction=True)
def test_inviting_while_the_package_is_deleted_is_refused(ada):
    package = PackageFactory()

    outcome = overtake(
        lambda: delete_package(package=package, by=ada), lambda: invite(ada, package)
    )

    assert isinstance(outcome, PackageGone)
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_package_waits_for_the_invitation_that_is_being_sent(ada):
    package = PackageFactory()

    overtake(
        lambda: invite(ada, package),
        lambda: delete_package(package=package, by=ada, confirmed=True),
    )

    assert Invitation.objects.get().package is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [delete_product, unpublish_product])
def test_a_product_that_goes_at_the_same_moment_breaks_no_acceptance(ada, change):
    for _round in range(3):
        going, staying = ProductFactory(), ProductFactory()
        package = PackageFactory(products=[going, staying])
        invitation = InvitationFactory(sender=ada, package=package)
        more = {"confirmed": True} if change is delete_product else {}

        accepted, changed = race(
            lambda invitation=invitation: accept(invitation),
            lambda going=going, more=more: change(product=going, by=ada, **more),
        )

        assert not isinstance(changed, Exception), changed
        products = {one.product_id for one in accepted.user.subscriptions.all()}
        assert staying.pk in products
        assert products <= {going.pk, staying.pk}


@pytest.mark.django_db(transaction=True)
def test_a_package_given_twice_at_once_is_given_once(ada):
    user = UserFactory()
    package = PackageFactory(roles=[RoleFactory()], products=[ProductFactory()])

    outcomes = race(*[lambda: grant_package(package=package, user=user, by=ada)] * 4)

    assert refusals(outcomes, ()) == []
    assert Subscription.objects.count() == 1
    assert user.roles.count() == 2
