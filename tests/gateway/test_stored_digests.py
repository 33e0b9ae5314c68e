"""Which server key a stored digest stands under, how it moves, and what the start refuses."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from accounts.actions import activate_user, block_user
from base.secret_keys import key_id
from catalog.models import Key
from gateway.check import query, usage
from gateway.models import Secret
from gateway.registry import actions
from gateway.registry.stored_digests import StoredDigests, digests_by_key, refuse_lost_keys
from tests.factories import GatewayFactory, KeyFactory
from tests.racing import overtake

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, THIRD = "second " * 10, "third " * 10


@pytest.fixture
def configure(settings):
    """Sets the keys as a restart with other variables does."""
    first = settings.SECRET_KEY

    def set_keys(secret=first, fallbacks=(), digest="", digest_fallbacks=(), drop=()):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secret, list(fallbacks)
        settings.DIGEST_KEY, settings.DIGEST_KEY_FALLBACKS = digest, list(digest_fallbacks)
        settings.DROP_KEYS = list(drop)
        query.close()

    set_keys.first = first
    return set_keys


def under(name):
    return {
        "secrets": Secret.objects.filter(digest_key=name).count(),
        "keys": Key.objects.filter(digest_key=name).count(),
    }


def in_use(key, days=1):
    Key.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(days=days))


def test_a_rotation_moves_secret_and_key_at_their_use(ask, key, configure):
    first, second = key_id(configure.first), key_id(SECOND)
    assert under(first) == {"secrets": 1, "keys": 1}

    configure(SECOND, fallbacks=[configure.first])
    assert ask(key=key.plaintext).status == 200
    usage.flush()

    assert (under(first), under(second)) == (
        {"secrets": 0, "keys": 0},
        {"secrets": 1, "keys": 1},
    )
    configure(SECOND)
    assert ask(key=key.plaintext).status == 200
    refuse_lost_keys()


def test_a_refused_call_moves_them_too(ask, key, configure, ada, ben):
    """Who is blocked today may be activated after the old key is gone."""
    block_user(user=ben, by=ada)
    configure(SECOND, fallbacks=[configure.first])
    assert ask(key=key.plaintext).status == 401
    assert ask(key="apim_live_nobodys").status == 401
    usage.flush()

    configure(SECOND)
    activate_user(user=ben, by=ada)

    assert under(key_id(SECOND)) == {"secrets": 1, "keys": 1}
    assert ask(key=key.plaintext).status == 200


def test_without_their_key_both_are_refused(ask, key, configure):
    configure(SECOND)

    assert ask(key=key.plaintext).status == 403


def test_a_first_digest_key_loses_nothing_and_frees_the_secret_key(ask, key, configure):
    configure(digest=SECOND)
    assert ask(key=key.plaintext).status == 200
    usage.flush()
    assert under(key_id(SECOND)) == {"secrets": 1, "keys": 1}

    # From now on whatever signs may change at once.
    configure(THIRD, digest=SECOND)
    refuse_lost_keys()
    assert ask(key=key.plaintext).status == 200


def test_the_secret_key_of_before_may_become_the_digest_key(ask, key, configure):
    """Equal in effect: nothing needs to move."""
    configure(THIRD, digest=configure.first)

    refuse_lost_keys()
    assert ask(key=key.plaintext).status == 200
    assert under(key_id(configure.first)) == {"secrets": 1, "keys": 1}


def test_a_digest_key_has_fallbacks_of_its_own(ask, key, configure):
    configure(THIRD, digest=SECOND, digest_fallbacks=[configure.first])

    refuse_lost_keys()
    assert ask(key=key.plaintext).status == 200


def test_rows_of_before_learn_their_key_at_the_next_use(ask, key, configure):
    """After an upgrade with several keys nobody knows which one made a digest."""
    doubt = f"{key_id(SECOND)},{key_id(configure.first)}"
    Key.objects.update(digest_key=doubt)
    Secret.objects.update(digest_key=doubt)
    configure(fallbacks=[SECOND])
    assert digests_by_key()[doubt] == StoredDigests(gateway_secrets=1, other_keys=1)

    assert ask(key=key.plaintext).status == 200
    usage.flush()

    assert under(key_id(configure.first)) == {"secrets": 1, "keys": 1}


def test_the_check_is_one_statement_whatever_the_number_of_keys(ask, key, configure):
    configure(THIRD, [configure.first], digest=SECOND, digest_fallbacks=["fourth " * 9])
    assert ask(key=key.plaintext).status == 200

    statements = []
    if hasattr(query._local.connection, "set_trace_callback"):
        query._local.connection.set_trace_callback(statements.append)
        assert ask(key=key.plaintext).status == 200
        assert len(statements) == 1


def test_a_secret_that_is_being_rotated_is_passed_over(gateway, is_sqlite):
    """On PostgreSQL neither waits for the other; SQLite has one writer."""
    secret = gateway.secrets.get()
    overlap = timedelta(days=1)

    def rotate():
        actions.rotate_secret(gateway=gateway, by=None, overlap=overlap)

    outcome = overtake(rotate, lambda: actions.renew_secret_digests({secret.pk: "d" * 64}))

    assert not isinstance(outcome, Exception), outcome
    secret.refresh_from_db()
    assert (secret.digest == "d" * 64) == is_sqlite
    assert secret.ends_at is not None


@pytest.mark.parametrize("days", [0, 89])
def test_the_start_refuses_without_the_key_of_a_key_in_use(key, configure, days):
    in_use(key, days)
    configure(SECOND)

    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_lost_keys()

    lost = key_id(configure.first)
    assert f"1 subscription key used in the last 90 days stands under the server key {lost}" in str(
        refusal.value
    )
    assert f"APIM_DROP_KEYS={lost}" in str(refusal.value)
    assert "APIM_DIGEST_KEY_FALLBACKS" in str(refusal.value)
    assert configure.first not in str(refusal.value)


def test_the_start_refuses_without_the_key_of_a_live_gateway_secret(gateway, configure):
    GatewayFactory()
    configure(SECOND)

    with pytest.raises(ImproperlyConfigured, match=r"^2 gateway secrets stand under"):
        refuse_lost_keys()


def test_the_start_refuses_where_a_key_may_be_the_one(key, configure):
    Key.objects.update(digest_key=f"{key_id(SECOND)},{key_id(configure.first)}")
    in_use(key)
    configure(SECOND)

    with pytest.raises(
        ImproperlyConfigured, match=f"may stand under the server key {key_id(configure.first)}"
    ):
        refuse_lost_keys()


def test_several_lost_keys_are_named_at_once_and_let_go_by_name(gateway, key, configure):
    in_use(key)
    Secret.objects.update(digest_key=key_id(THIRD))
    lost = sorted([key_id(THIRD), key_id(configure.first)])
    configure(SECOND)
    with pytest.raises(ImproperlyConfigured, match=f"APIM_DROP_KEYS={','.join(lost)} "):
        refuse_lost_keys()

    configure(SECOND, drop=lost[:1])
    with pytest.raises(ImproperlyConfigured, match=f"APIM_DROP_KEYS={lost[1]} "):
        refuse_lost_keys()

    configure(SECOND, drop=lost)
    refuse_lost_keys()


def test_what_nobody_uses_hinders_no_start_and_is_logged(configure, caplog):
    past = timezone.now() - timedelta(seconds=1)
    key = KeyFactory()
    in_use(key, days=91)
    in_use(KeyFactory(expires_at=past))
    gateway = GatewayFactory()
    gateway.secrets.update(ends_at=past)
    configure(SECOND)

    refuse_lost_keys()

    assert "1 subscription keys that were not used for 90 days" in caplog.text
