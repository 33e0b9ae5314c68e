"""Forms that were open while a colleague saved: nobody's change is undone unseen."""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.actions import edit_role, edit_user
from audit.models import Event
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
)
from tests.html_forms import form_on

pytestmark = pytest.mark.django_db

ZONE = zoneinfo.ZoneInfo("Asia/Tokyo")


@dataclass
class Case:
    """A form with a field that two people change, and one that only the colleague changes."""

    address: str
    # The colleague's way: keyword arguments of the action.
    edit: Any
    row: Any
    # field: (what the colleague saves, what is typed into the open form, and in words)
    both: tuple[str, Any, str]
    theirs: tuple[str, Any]
    # What the page says of the colleague's value.
    said: str
    # Where the form's field has another name, or the value another type.
    posts_as: str = ""
    value: Any = None

    def present(self, field: str) -> Any:
        self.row.refresh_from_db()
        return getattr(self.row, field)


def _user(ben, by):
    return Case(
        reverse("console:developer-edit", args=[ben.public_id]),
        lambda **values: edit_user(user=ben, by=by, **values),
        ben,
        ("first_name", "Ana", "Anna"),
        ("email", "ana@example.org"),
        "Ana",
    )


def _user_language(ben, by):
    return Case(
        reverse("console:developer-edit", args=[ben.public_id]),
        lambda **values: edit_user(user=ben, by=by, **values),
        ben,
        # As the choice is called on the page.
        ("time_zone", "Europe/Oslo", "Asia/Tokyo"),
        ("language", "de"),
        "Oslo",
    )


def _note(ben, by):
    return Case(
        reverse("console:developer-note", args=[ben.public_id]),
        lambda **values: edit_user(user=ben, by=by, **values),
        ben,
        ("note", "Pays by invoice", "Pays by card"),
        ("last_name", "Berg"),
        "Pays by invoice",
    )


def _role(ben, by):
    role = RoleFactory(name="Partners", description="First")
    return Case(
        reverse("console:role-edit", args=[role.public_id]),
        lambda **values: edit_role(role=role, by=by, **values),
        role,
        ("name", "Trade partners", "Resellers"),
        ("description", "Second"),
        "Trade partners",
    )


def _product(ben, by):
    product = ProductFactory(name="Starter")
    return Case(
        reverse("console:product-edit", args=[product.public_id]),
        lambda **values: catalog.edit_product(product=product, by=by, **values),
        product,
        ("subscription_limit", 3, "5"),
        ("approval_needed", True),
        "3",
        value=5,
    )


def _api(ben, by):
    api = ApiFactory(name="Orders")
    return Case(
        reverse("console:api-edit", args=[api.public_id]),
        lambda **values: catalog.edit_api(api=api, by=by, **values),
        api,
        ("back_end", "https://one.example", "https://two.example"),
        ("subscription_required", False),
        "https://one.example",
    )


def _package(ben, by):
    package = PackageFactory(name="Partner start")
    return Case(
        reverse("console:package-edit", args=[package.public_id]),
        lambda **values: edit_package(package=package, by=by, **values),
        package,
        ("name", "Partner kit", "Partner set"),
        ("welcome", "Good to have you"),
        "Partner kit",
    )


def _link(ben, by):
    link = InviteLinkFactory(name="Workshop", sender=by, quota=10)
    return Case(
        reverse("console:invite-link-edit", args=[link.public_id]),
        lambda **values: edit_link(link=link, by=by, **values),
        link,
        ("quota", 50, "20"),
        ("name", "Workshop in May"),
        "50",
        value=20,
    )


def _settings(ben, by):
    edit_service(name="Harbour", by=None)
    return Case(
        reverse("console:settings-edit"),
        lambda **values: edit_service(by=by, **values),
        current_service(),
        ("reminder_days", [1, 4], "3, 6"),
        ("tell_unused", False),
        "1, 4",
        value=[3, 6],
    )


def _gateway(ben, by):
    gateway = GatewayFactory(name="North")
    return Case(
        reverse("console:gateway-edit", args=[gateway.public_id]),
        lambda **values: edit_gateway(gateway=gateway, by=by, **values),
        gateway,
        ("name", "North 1", "North 2"),
        ("public_address", "https://north.example"),
        "North 1",
    )


def _subscription(ben, by):
    subscription = SubscriptionFactory(name="Shop")
    return Case(
        reverse("console:subscription-rename", args=[subscription.public_id]),
        lambda **values: catalog.rename_subscription(subscription=subscription, by=by, **values),
        subscription,
        ("name", "Web shop", "Shop floor"),
        ("name", "Web shop"),
        "Web shop",
    )


def _end(ben, by):
    subscription = SubscriptionFactory()
    return Case(
        reverse("console:subscription-expiry", args=[subscription.public_id]),
        lambda **values: catalog.set_subscription_end(subscription=subscription, by=by, **values),
        subscription,
        ("ends_at", _moment(30), "2031-05-01T12:00"),
        ("ends_at", _moment(30)),
        date_format(_moment(30).astimezone(ZONE), "DATETIME_FORMAT"),
        value=datetime(2031, 5, 1, 12, tzinfo=ZONE),
    )


def _key(ben, by):
    key = KeyFactory()
    return Case(
        reverse("console:key-expiry", args=[key.subscription.public_id, key.public_id]),
        lambda **values: catalog.set_key_expiry(key=key, by=by, **values),
        key,
        ("expires_at", _moment(30), "2031-05-01T12:00"),
        ("expires_at", _moment(30)),
        date_format(_moment(30).astimezone(ZONE), "DATETIME_FORMAT"),
        posts_as="ends_at",
        value=datetime(2031, 5, 1, 12, tzinfo=ZONE),
    )


def _invitation(ben, by):
    invitation = InvitationFactory(sender=by, email="wrong@example.org")
    return Case(
        reverse("console:invitation-address", args=[invitation.public_id]),
        lambda **values: correct_address(invitation=invitation, by=by, **values),
        invitation,
        ("email", "right@example.org", "better@example.org"),
        ("email", "right@example.org"),
        "right@example.org",
    )


def _moment(days: int) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(minute=7, second=31, microsecond=5)


CASES = [
    *[_user, _user_language, _note, _role, _product, _api, _package, _link, _settings, _gateway],
    *[_subscription, _end, _key, _invitation],
]


@pytest.fixture
def case(request, ada, ben, nadia) -> Case:
    ada.time_zone = ZONE.key
    ada.save()
    return request.param(ben, nadia)


each_form = pytest.mark.parametrize("case", CASES, indirect=True, ids=lambda make: make.__name__)


@each_form
def test_an_untouched_form_leaves_what_a_colleague_saved(case, console):
    opened = form_on(console.get(case.address))
    changed = dict([case.theirs, case.both[:2]])
    case.edit(**changed)
    events = Event.objects.count()

    answer = console.post(case.address, opened)

    assert answer.status_code == 302
    assert {field: case.present(field) for field in changed} == changed
    assert Event.objects.count() == events


@each_form
def test_a_field_that_both_changed_shows_both_values_who_and_when(case, console):
    field, theirs, typed = case.both
    name = case.posts_as or field
    opened = form_on(console.get(case.address))
    case.edit(**dict([case.theirs, case.both[:2]]))

    answer = console.post(case.address, opened | {name: typed})

    assert answer.status_code == 422
    [sentence] = answer.context["form"].errors[name]
    at = date_format(Event.objects.latest("pk").at.astimezone(ZONE), "DATETIME_FORMAT")
    assert sentence.startswith(f"Nadia Holm changed this to “{case.said}” on {at}. You entered “")
    assert sentence.endswith("Save again to use your value.")
    assert case.present(field) == theirs
    # What was typed is still there, and what somebody else changed is shown as it is now.
    again = form_on(answer)
    assert again[name] == [typed]

    saved = console.post(case.address, again)

    assert saved.status_code == 302, saved.context["form"].errors
    assert case.present(field) == (case.value or typed)
    if case.theirs[0] != field:
        assert case.present(case.theirs[0]) == case.theirs[1]


@each_form
def test_dialogs_carry_what_was_seen_as_pages_do(case, console):
    page = console.get(case.address)
    dialog = console.get(case.address, headers={"HX-Request": "true"})

    assert form_on(dialog)["seen"] == form_on(page)["seen"]


@each_form
def test_a_client_that_says_nothing_of_what_it_saw_saves_all_it_posts(case, console):
    field, _theirs, typed = case.both
    opened = form_on(console.get(case.address))
    del opened["seen"]
    case.edit(**{field: case.both[1]})

    answer = console.post(case.address, opened | {case.posts_as or field: typed})

    assert answer.status_code == 302
    assert case.present(field) == (case.value or typed)


@each_form
def test_nobody_is_told_of_a_change_that_came_to_the_same(case, console):
    field, _theirs, typed = case.both
    opened = form_on(console.get(case.address)) | {case.posts_as or field: typed}
    console.post(case.address, opened)
    events = Event.objects.count()

    assert console.post(case.address, opened).status_code == 302
    assert Event.objects.count() == events


def test_an_error_on_the_way_does_not_forget_what_was_seen(console, ben, nadia):
    address = reverse("console:developer-edit", args=[ben.public_id])
    opened = form_on(console.get(address))
    edit_user(user=ben, last_name="Berg", by=nadia)

    refused = form_on(console.post(address, opened | {"first_name": ""}))
    answer = console.post(address, refused | {"first_name": "Ana"})

    assert answer.status_code == 302
    ben.refresh_from_db()
    assert ben.full_name == "Ana Berg"


def test_all_conflicts_of_a_save_are_shown_at_once(console, ben, nadia):
    address = reverse("console:developer-edit", args=[ben.public_id])
    opened = form_on(console.get(address))
    edit_user(user=ben, first_name="Ana", last_name="Berg", by=nadia)

    answer = console.post(address, opened | {"first_name": "Anna", "last_name": "Burg"})

    assert set(answer.context["form"].errors) == {"first_name", "last_name"}


def test_a_third_save_in_between_is_shown_too(console, ben, nadia):
    address = reverse("console:developer-edit", args=[ben.public_id])
    opened = form_on(console.get(address))
    edit_user(user=ben, first_name="Ana", by=nadia)
    again = form_on(console.post(address, opened | {"first_name": "Anna"}))
    edit_user(user=ben, first_name="Anne", by=nadia)

    answer = console.post(address, again)

    assert answer.status_code == 422
    assert "changed this to “Anne”" in answer.context["form"].errors["first_name"][0]


def test_ones_own_other_window_is_called_so(console, ben, ada):
    address = reverse("console:developer-edit", args=[ben.public_id])
    opened = form_on(console.get(address))
    edit_user(user=ben, first_name="Ana", by=ada)

    answer = console.post(address, opened | {"first_name": "Anna"})

    [sentence] = answer.context["form"].errors["first_name"]
    assert sentence.startswith("You changed this to “Ana” in another window on ")


@pytest.mark.parametrize(
    "seen",
    [
        "",
        "no json",
        "[]",
        '{"first_name": {"x": 1}}',
        "[" * 5000,
        '{"a": "b"}',
        '{"email": "\\ud800@x.example"}',
        '{"email": null, "language": 3}',
    ],
)
def test_a_spoilt_note_of_what_was_seen_breaks_nothing(console, ben, seen):
    address = reverse("console:developer-edit", args=[ben.public_id])
    opened = form_on(console.get(address))

    answer = console.post(address, opened | {"seen": seen, "last_name": "Berg"})

    assert answer.status_code == 302
    ben.refresh_from_db()
    assert ben.last_name == "Berg"
