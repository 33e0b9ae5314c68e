"""An administrator who is blocked, demoted or deleted while pressing a button: the button does nothing."""

import io
from datetime import timedelta

import pytest
from django.db import connection

from accounts import actions
from accounts.actions import Person
from accounts.models import Role, Session, User
from audit.models import Event
from base.authority import ActorMayNotAct
from catalog import actions as catalog_actions
from gateway.registry import actions as gateway_actions
from imports import actions as imports_actions
from invitations import actions as invitations_actions
from mail import actions as mail_actions
from mail.models import Message
from packages import actions as packages_actions
from service import actions as service_actions
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    ApiFactory,
    GatewayFactory,
    InvitationFactory,
    InviteLinkFactory,
    PackageFactory,
    ProductFactory,
    RoleFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.racing import overtake, overtake_all, race

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"email": "hana@quarry.example", "first_name": "Hana", "last_name": "Tanaka"}


def buttons(by: User, administrators_role: Role) -> dict[str, object]:
    """One of each kind of action, on rows of its own."""
    user = UserFactory()
    session = Session.objects.create(
        session_key="x" * 64, user=user, expire_date="2099-01-01T00:00Z"
    )
    service = {"name": "Renamed", "support_address": "", "invitation_days": 3}
    days = timedelta(days=3)
    rows = {
        "blocked": UserFactory(blocked=True),
        "invitation": InvitationFactory(sender=by),
        "link": InviteLinkFactory(sender=by),
        "product": ProductFactory(),
        "api": ApiFactory(),
        "gateway": GatewayFactory(),
        "package": PackageFactory(),
        "subscription": SubscriptionFactory(),
        "role": RoleFactory(),
        "email": Message.objects.create(
            kind="welcome",
            to=user.email,
            message_id="<1@x>",
            reference=user.public_id,
            state="held",
        ),
    }
    return {
        "activate oneself": lambda: actions.activate_user(user=by, by=by),
        "activate": lambda: actions.activate_user(user=rows["blocked"], by=by),
        "block": lambda: actions.block_user(user=user, by=by),
        "add an administrator": lambda: actions.add_user(
            **NEW, password=PASSWORD, roles=[administrators_role], by=by
        ),
        "add many": lambda: actions.add_users(people=[Person(email="two@quarry.example")], by=by),
        "edit": lambda: actions.edit_user(user=user, first_name="Else", by=by),
        "set a password": lambda: actions.set_password(user=user, password=PASSWORD, by=by),
        "send a password link": lambda: actions.send_password_link(user=user, by=by),
        "end a session": lambda: actions.end_session(session=session, by=by),
        "end sessions": lambda: actions.end_sessions(user=user, by=by),
        "give a role": lambda: actions.assign_role(user=user, role=rows["role"], by=by),
        "make an administrator": lambda: actions.set_roles(
            user=user, roles=[administrators_role], by=by
        ),
        "make a role": lambda: actions.create_role(name="Beta", by=by),
        "invite": lambda: invitations_actions.invite_user(
            **NEW | {"email": "new@quarry.example"}, validity=days, by=by
        ),
        "resend": lambda: invitations_actions.resend_invitation(
            invitation=rows["invitation"], by=by
        ),
        "make a link": lambda: invitations_actions.create_link(name="Course", by=by),
        "renew a link": lambda: invitations_actions.renew_address(link=rows["link"], by=by),
        "make a package": lambda: packages_actions.create_package(name="Kit", by=by),
        "delete a package": lambda: packages_actions.delete_package(package=rows["package"], by=by),
        "make a product": lambda: catalog_actions.create_product(name="Plus", by=by),
        "publish": lambda: catalog_actions.unpublish_product(product=rows["product"], by=by),
        "edit an API": lambda: catalog_actions.edit_api(api=rows["api"], name="Else", by=by),
        "suspend": lambda: catalog_actions.suspend_subscription(
            subscription=rows["subscription"], by=by
        ),
        "make keys": lambda: catalog_actions.issue_missing_keys(
            subscription=rows["subscription"], by=by
        ),
        "register a gateway": lambda: gateway_actions.register_gateway(name="Edge", by=by),
        "rotate a secret": lambda: gateway_actions.edit_gateway(
            gateway=rows["gateway"], name="Else", by=by
        ),
        "upload": lambda: imports_actions.upload_file(
            file=io.BytesIO(b"email\nthree@quarry.example\n"), file_name="a.csv", kind="add", by=by
        ),
        "settings": lambda: service_actions.edit_service(**service, by=by),
        "stop an email": lambda: mail_actions.cancel_letter(message=rows["email"], by=by),
    }


@pytest.mark.parametrize("loss", ["block", "demotion", "deletion"])
def test_what_an_administrator_began_before_losing_authority_is_refused(
    ada, administrators_role, loss
):
    chen = AdministratorFactory()
    operations = buttons(chen, administrators_role)
    take_away = {
        "block": lambda: actions.block_user(user=chen, by=ada),
        "demotion": lambda: actions.remove_role(user=chen, role=administrators_role, by=ada),
        "deletion": lambda: actions.delete_user(user=chen, by=ada),
    }
    before = Event.objects.count()

    outcomes = overtake_all(take_away[loss], *operations.values())

    done = [
        (name, outcome)
        for name, outcome in zip(operations, outcomes, strict=True)
        if not isinstance(outcome, ActorMayNotAct)
    ]
    assert done == []
    assert Event.objects.count() == before + 1
    assert User.objects.administrators().get() == ada


def test_activate_me_in_a_loop_does_not_outlive_a_block(ada):
    """Reported: active afterwards in 10 of 10 rounds, on both databases."""
    chen = AdministratorFactory()

    def activate_me():
        for _press in range(5):
            try:
                actions.activate_user(user=chen, by=chen)
            except ActorMayNotAct:
                return "refused"
        return "done"

    for _round in range(5):
        race(activate_me, lambda: actions.block_user(user=chen, by=ada), activate_me)

        chen.refresh_from_db()
        assert chen.is_blocked
        actions.activate_user(user=chen, by=ada)


def test_a_block_waits_for_what_the_administrator_has_in_hand(ada, administrators_role):
    """Then it is as if it had been pressed before: done, and nothing after it."""
    chen = AdministratorFactory()

    outcome = overtake(
        lambda: actions.add_user(**NEW, roles=[administrators_role], by=chen),
        lambda: actions.block_user(user=chen, by=ada),
    )

    assert not isinstance(outcome, Exception)
    added, blocked = Event.objects.filter(action__in=["user.added", "user.blocked"]).order_by("pk")
    assert (added.action, blocked.action) == ("user.added", "user.blocked")


def test_an_administrator_who_edits_everybody_and_is_edited_by_them_meets_no_deadlock(ada):
    others = [AdministratorFactory() for _other in range(3)]

    outcomes = race(
        lambda: actions.edit_user(user=others[0], first_name="A", by=ada),
        lambda: actions.edit_user(user=ada, first_name="B", by=others[0]),
        lambda: actions.block_user(user=others[1], by=others[2]),
        lambda: actions.edit_user(user=others[2], first_name="C", by=others[1]),
    )

    unexpected = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, ActorMayNotAct) for one in unexpected), unexpected


def test_an_upload_that_takes_long_does_not_hold_up_a_block(ada):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: whoever blocks waits for the upload to be stored.")
    chen = AdministratorFactory()
    blocked = []

    class Slow(io.BytesIO):
        """Read while somebody else blocks whoever uploads it."""

        def read(self, *args):
            if not blocked:
                blocked.append(race(lambda: actions.block_user(user=chen, by=ada))[0])
            return super().read(*args)

    outcome = race(
        lambda: imports_actions.upload_file(
            file=Slow(b"email\nthree@quarry.example\n"), file_name="a.csv", kind="add", by=chen
        )
    )[0]

    assert isinstance(blocked[0], User)
    assert isinstance(outcome, ActorMayNotAct)
