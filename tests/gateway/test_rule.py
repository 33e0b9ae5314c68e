"""The check and the explanation read the same facts, and nothing passes that the rule forbids."""

import re
from datetime import timedelta
from itertools import compress
from itertools import product as combinations
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from catalog.access.explanation import facts_of
from catalog.access.rule import STEPS, Facts, Reason, decide
from catalog.models import Api, Key, Product, Subscription
from gateway.check import query
from gateway.check.responses import refusal
from tests.factories import ApiFactory, KeyFactory, ProductFactory, RoleFactory

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db(transaction=True)

PAST, FUTURE = timedelta(hours=-1), timedelta(hours=1)
SWITCHES = {
    "subscription_required": [True, False],
    "user": [User.State.ACTIVE, User.State.BLOCKED],
    "seen_by": ["own role", "guests", "another role"],
    "published": [True, False],
    "contained": [True, False],
    "subscription": [
        *[(state, None) for state in Subscription.State if state != Subscription.State.EXPIRED],
        (Subscription.State.ACTIVE, PAST),
        (Subscription.State.ACTIVE, FUTURE),
    ],
    "expires": [None, PAST, FUTURE],
}


def arrange(key, api, roles, switches):
    """Make the rows say what the switches say."""
    now = timezone.now()
    state, lasts = switches["subscription"]
    blocked_at = now if switches["user"] == User.State.BLOCKED else None
    User.objects.filter(pk=key.subscription.owner_id).update(
        state=switches["user"], blocked_at=blocked_at
    )
    Api.objects.filter(pk=api.pk).update(subscription_required=switches["subscription_required"])
    Subscription.objects.filter(pk=key.subscription_id).update(
        state=state, ends_at=lasts and now + lasts
    )
    Key.objects.filter(pk=key.pk).update(
        expires_at=switches["expires"] and now + switches["expires"]
    )
    product = key.subscription.product
    Product.objects.filter(pk=product.pk).update(
        published_at=now if switches["published"] else None
    )
    product.apis.set([api] if switches["contained"] else [])
    product.roles.set([roles[switches["seen_by"]]])


def may_pass(switches):
    """The rule in the words of the product, written once more on purpose."""
    state, lasts = switches["subscription"]
    return (
        switches["user"] == "active"
        and switches["seen_by"] != "another role"
        and switches["published"]
        and (switches["contained"] or not switches["subscription_required"])
        and state == "active"
        and lasts != PAST
        and switches["expires"] != PAST
    )


def test_no_combination_of_states_passes_that_the_rule_forbids(ben):
    api = ApiFactory(path_prefix="/orders")
    ApiFactory(path_prefix="/other")
    key = KeyFactory(subscription__owner=ben, subscription__product=ProductFactory())
    roles = {
        "own role": Role.objects.developers(),
        "guests": Role.objects.get(built_in="guests"),
        "another role": RoleFactory(),
    }
    assert RoleAssignment.objects.filter(user=ben, role=roles["own role"]).exists()
    passed = 0
    for values in combinations(*SWITCHES.values()):
        switches = dict(zip(SWITCHES, values, strict=True))
        arrange(key, api, roles, switches)

        answer = query.ask_for_digest(key.digest, "/orders/7")

        read = Key.objects.select_related("subscription__owner", "subscription__product")
        facts = facts_of(api=Api.objects.get(pk=api.pk), key=read.get(pk=key.pk))
        assert answer.reason == decide(facts), switches
        assert (answer.reason is None) == may_pass(switches), switches
        passed += answer.reason is None
    # Open or not, two ways of being seen, three (contained, required) pairs, two lives of a
    # subscription, two of a key.
    assert passed == 2 * 3 * 2 * 2


def test_the_checks_sql_sees_what_the_queryset_sees(ben):
    """Each set of roles of a person against each set of roles of a product, visitors included."""
    roles = [*Role.objects.all(), RoleFactory(name="Partners")]
    assignable = [role for role in roles if role.is_assignable]
    api = ApiFactory(path_prefix="/orders")
    key = KeyFactory(subscription__owner=ben, subscription__product=ProductFactory(apis=[api]))
    product = key.subscription.product
    found = []
    for theirs in subsets(assignable):
        RoleAssignment.objects.filter(user=ben).delete()
        RoleAssignment.objects.bulk_create(RoleAssignment(user=ben, role=role) for role in theirs)
        for seeing in subsets(roles):
            product.roles.set(seeing)

            answer = query.ask_for_digest(key.digest, "/orders")

            expected = bool({*theirs, Role.objects.get(built_in="guests")} & {*seeing})
            assert (answer.reason != Reason.PRODUCT_HIDDEN) == expected, (theirs, seeing)
            assert Product.objects.seen_by(ben).exists() == expected
            assert Product.objects.seen_with(theirs).exists() == expected
            visitors = any(role.built_in == "guests" for role in seeing)
            assert Product.objects.seen_by(None).exists() == visitors
            found.append(expected)
    assert len(found) == 2**3 * 2**4


def test_visibility_is_written_once():
    """Besides the check's SQL: whoever joins products and roles anew will forget the Guests."""
    sources = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for room in [
            "catalog",
            "packages",
            "invitations",
            "imports",
            "gateway",
            "console",
            "portal",
        ]
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts
    }
    joins = re.compile(r"Product\.roles\.through|catalog_product_roles|\broles__(in|built_in)")

    found = {path for path, text in sources.items() if joins.search(text)}

    assert found == {"catalog/models.py", str(Path(query.__file__).relative_to(ROOT))}


def subsets(roles):
    switches = combinations([True, False], repeat=len(roles))
    return [list(compress(roles, chosen)) for chosen in switches]


def test_the_first_step_that_fails_is_named():
    names = Facts._fields
    steps = [
        ("api_known", Reason.NO_API),
        ("key_given", Reason.KEY_MISSING),
        ("key_known", Reason.KEY_UNKNOWN),
        ("user_active", Reason.USER_BLOCKED),
        ("product_visible", Reason.PRODUCT_HIDDEN),
        ("product_published", Reason.PRODUCT_UNPUBLISHED),
        ("api_in_product", Reason.API_NOT_IN_PRODUCT),
        ("subscription_active", Reason.SUBSCRIPTION_NOT_ACTIVE),
        ("key_live", Reason.KEY_EXPIRED),
    ]
    for values in combinations([True, False], repeat=len(names)):
        facts = Facts(*values)
        failing = [reason for name, reason in steps if not getattr(facts, name)]
        if not facts.subscription_required and facts.api_known:
            failing = [reason for reason in failing if reason != Reason.API_NOT_IN_PRODUCT]
            failing = failing if facts.key_given else []
        assert decide(facts) == (failing[0] if failing else None)
        named = [step.reason for step in STEPS if step.passes(facts) is False]
        assert failing[:1] == named[:1]


def test_every_reason_is_one_step_in_the_same_order():
    assert [step.reason for step in STEPS] == list(Reason)


def test_the_manual_shows_the_steps_as_they_are():
    """docs/check.md: what was changed in the table of steps and not there fails here."""
    rows = ["| Check | Reason | Status | Fixed at |", "|---|---|---|---|"]
    for step in STEPS:
        answer = refusal(
            step.reason, explains=False, reference="", realm="", accept="", as_403=False
        )
        title = str(step.title)
        if step.only_if == "subscription_required":
            title += " (not for open APIs)"
        rows.append(f"| {title} | `{step.reason}` | {answer.status} | {step.place.label} |")

    manual = ROOT / "docs" / "check.md"

    assert "\n".join(rows) in manual.read_text(encoding="utf-8")
