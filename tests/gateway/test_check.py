"""The check: one test for each step of the rule, and what each answer holds."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import activate_user, block_user, remove_role
from accounts.models import Role
from catalog import actions
from catalog.models import Subscription
from gateway.check import query, usage
from gateway.check.calls import find_refusal
from service.actions import edit_service
from tests.factories import ApiFactory, KeyFactory, ProductFactory, UserFactory
from tests.gateway.conftest import call

pytestmark = pytest.mark.django_db(transaction=True)

MISSING = b'{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }'
INVALID = b'{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }'
IDENTITY = [
    *["X-User-Id", "X-User-Email", "X-User-Name", "X-User-Roles"],
    *["X-Subscription-Id", "X-Product", "X-Api"],
]


def reason_of(said):
    usage.flush()
    return find_refusal(said.headers["X-Refusal-Reference"]).reason


def test_azures_bodies_are_exact():
    assert (len(MISSING), len(INVALID)) == (152, 143)


def test_a_good_key_passes_with_every_identity_header(ask, key, ben):
    said = ask(key=key.plaintext)

    assert (said.status, said.body) == (200, b"")
    assert {name: said.headers[name] for name in IDENTITY} == {
        "X-User-Id": str(ben.public_id),
        "X-User-Email": "ben@example.org",
        "X-User-Name": "Ben Okafor",
        "X-User-Roles": "Developers",
        "X-Subscription-Id": str(key.subscription.public_id),
        "X-Product": "freight",
        "X-Api": "orders",
    }
    assert said.headers["Cache-Control"] == "no-store"
    assert not {"Set-Cookie", "Location"} & set(said.headers)


def test_names_cannot_forge_a_header(ask, orders):
    owner = UserFactory(first_name="Zoë\r\nX-Evil: 1", last_name="O'Neil, Ltd")
    product = ProductFactory(apis=[orders])
    key = KeyFactory(subscription__owner=owner, subscription__product=product)

    name = ask(key=key.plaintext).headers["X-User-Name"]

    assert name == "Zo%C3%AB%0D%0AX-Evil%3A 1 O%27Neil%2C Ltd"


def test_authorization_bearer_carries_a_key_too(ask, key):
    assert ask(AUTHORIZATION=f"Bearer {key.plaintext}").status == 200
    assert ask(key=key.plaintext, AUTHORIZATION=f"bearer {key.plaintext}").status == 200
    assert ask(key=key.plaintext, AUTHORIZATION="Bearer other").body == INVALID
    # Somebody's own scheme is none of ours.
    assert ask(key=key.plaintext, AUTHORIZATION="Basic dXNlcjpwYXNz").status == 200


def test_a_missing_key_gets_azures_answer(ask, orders):
    said = ask()

    assert (said.status, said.body) == (401, MISSING)
    assert said.headers["Content-Type"] == "application/json"
    assert said.headers["WWW-Authenticate"] == (
        'AzureApiManagementKey realm="api.example.org/orders",'
        'name="Ocp-Apim-Subscription-Key",type="header"'
    )
    assert said.headers["X-Refusal-Body"].encode() == MISSING
    assert reason_of(said) == "key_missing"


def test_a_key_in_the_address_is_none(ask, key):
    said = ask(f"/orders/7?subscription-key={key.plaintext}")

    assert (said.status, said.body) == (401, MISSING)
    usage.flush()
    assert find_refusal(said.headers["X-Refusal-Reference"]).path == "/orders/7"


def test_a_key_in_the_path_is_none_and_written_down_nowhere(ask, key):
    said = ask(f"/orders/{key.plaintext}/7", key=key.plaintext)

    assert (said.status, said.body) == (401, MISSING)
    usage.flush()
    assert find_refusal(said.headers["X-Refusal-Reference"]).path == "/orders/(a key)/7"


def test_a_key_in_the_address_reaches_no_open_api_either(ask, key):
    ApiFactory(path_prefix="/status", subscription_required=False)

    assert ask(f"/status?subscription-key={key.plaintext}").status == 401
    assert ask("/status?x=1").status == 200


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("user_blocked", lambda key, ada: block_user(user=key.subscription.owner, by=ada)),
        (
            "product_hidden",
            lambda key, ada: remove_role(
                user=key.subscription.owner, role=Role.objects.developers(), by=ada
            ),
        ),
        (
            "product_unpublished",
            lambda key, ada: actions.unpublish_product(product=key.subscription.product, by=ada),
        ),
        (
            "api_not_in_product",
            lambda key, ada: actions.set_product_apis(
                product=key.subscription.product, apis=[], by=ada
            ),
        ),
        (
            "subscription_not_active",
            lambda key, ada: actions.suspend_subscription(subscription=key.subscription, by=ada),
        ),
        (
            "subscription_not_active",
            lambda key, ada: Subscription.objects.update(ends_at=timezone.now()),
        ),
        ("key_expired", lambda key, ada: actions.end_key(key=key, by=ada)),
        ("key_expired", lambda key, ada: actions.regenerate_key(key=key, by=ada)),
        (
            "key_unknown",
            lambda key, ada: actions.delete_subscription(subscription=key.subscription, by=ada),
        ),
    ],
)
def test_each_step_of_the_rule_refuses_from_the_next_call_on(ask, key, ada, reason, change):
    assert ask(key=key.plaintext).status == 200

    change(key, ada)
    said = ask(key=key.plaintext)

    # The caller learns nothing of the reason; the administrator finds it by the reference.
    assert (said.status, said.body) == (401, INVALID)
    assert reason_of(said) == reason


def test_activate_gives_back_exactly_what_was_there(ask, key, ada, ben):
    block_user(user=ben, by=ada)
    assert ask(key=key.plaintext).status == 401

    activate_user(user=ben, by=ada)

    assert ask(key=key.plaintext).status == 200


def test_an_unknown_path_is_forbidden_to_everybody(ask, key):
    said = ask("/ordersx/7", key=key.plaintext)

    assert said.status == 403
    assert reason_of(said) == "no_api"
    assert "WWW-Authenticate" not in said.headers


def test_the_longest_prefix_decides(ask, key, ada):
    deeper = ApiFactory(path_prefix="/orders/admin")

    assert ask("/orders/7", key=key.plaintext).status == 200
    assert ask("/orders/administer", key=key.plaintext).status == 200
    assert ask("/orders/admin", key=key.plaintext).status == 401
    actions.set_product_apis(product=key.subscription.product, apis=[deeper], by=ada)
    assert ask("/orders/admin/x", key=key.plaintext).headers["X-Api"] == deeper.slug


def test_an_open_api_asks_for_no_key_but_refuses_a_bad_one(ask, key, ada, ben):
    ApiFactory(path_prefix="/status", slug="status", subscription_required=False)

    visitor = ask("/status")
    assert visitor.status == 200
    assert {visitor.headers[name] for name in IDENTITY} == {"", "status"}
    assert ask("/status", key=key.plaintext).headers["X-User-Id"] == str(ben.public_id)
    assert ask("/status", key="0123456789abcdef0").status == 401
    block_user(user=ben, by=ada)
    assert ask("/status", key=key.plaintext).status == 401


def test_problem_json_for_those_who_ask(ask, orders):
    said = ask(ACCEPT="text/html, Application/Problem+JSON;q=0.9")

    assert said.headers["Content-Type"] == "application/problem+json"
    assert said.json == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": MISSING.decode().split('"')[5],
        "reference": said.headers["X-Refusal-Reference"],
    }


def test_callers_are_told_why_where_the_service_explains(ask, key, ada, ben):
    edit_service(name="APIs", support_address="", invitation_days=7, explain_refusals=True, by=ada)
    block_user(user=ben, by=ada)

    said = ask(key=key.plaintext)
    problem = ask(key=key.plaintext, ACCEPT="application/problem+json").json

    assert said.status == 401
    assert said.json == {
        "statusCode": 401,
        "message": "The account is blocked. Ask your administrator.",
    }
    assert problem["reason"] == "user_blocked"


def test_gateways_that_only_know_403_can_ask_for_it(gateway, orders):
    said = call(
        query="deny=403",
        X_GATEWAY_SECRET=gateway.plaintext_secret,
        X_ORIGINAL_METHOD="GET",
        X_ORIGINAL_URI="/orders/7",
    )

    assert said.status == 403
    assert said.json["statusCode"] == 403


def test_one_statement_a_call(ask, key, monkeypatch):
    ask(key=key.plaintext)
    statements = []
    read = query._local.read
    query._local.read = lambda parameters: statements.append(parameters) or read(parameters)

    with connection.execute_wrapper(lambda *facts: statements.append(facts)):
        assert ask(key=key.plaintext).status == 200

    assert len(statements) == 1


def test_the_statement_reads_no_table_from_end_to_end(ask, key, is_sqlite):
    """PostgreSQL plans by sizes, and reads a table of three rows whole; SQLite knows none."""
    if not is_sqlite:
        return
    assert ask(key=key.plaintext).status == 200
    wanted = query._statement("sqlite", "?")
    numbers = [""] * (wanted.count("path_prefix = ?") + 3)

    steps = query._local.connection.execute(f"EXPLAIN QUERY PLAN {wanted}", numbers).fetchall()

    scans = [words for *_tree, words in steps if words.startswith("SCAN")]
    assert scans == ["SCAN CONSTANT ROW", "SCAN always"]


def test_a_key_of_an_earlier_secret_passes_and_is_renewed(ask, key, settings, gateway):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret " * 5
    query.close()
    before = key.digest

    assert ask(key=key.plaintext).status == 200
    usage.flush()

    key.refresh_from_db()
    assert key.digest != before
    assert ask(key=key.plaintext).status == 200


def test_without_the_database_everybody_is_refused_at_once(ask, key, monkeypatch):
    query.close()
    # A file that cannot be opened, a database that does not exist.
    monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/apim")

    said = ask(key=key.plaintext)

    assert (said.status, said.headers["Retry-After"]) == (503, "1")
    assert said.headers["Content-Type"] == "application/problem+json"


def test_a_connection_that_was_lost_is_opened_again(ask, key):
    assert ask(key=key.plaintext).status == 200
    query._local.connection.close()

    assert ask(key=key.plaintext).status == 200


def test_a_fault_of_our_own_refuses(ask, key, caplog):
    # No server sends a number; whatever nobody thought of must not let a call pass.
    assert ask(key=key.plaintext, ACCEPT=7, AUTHORIZATION=7).status == 503
    assert key.plaintext not in caplog.text
