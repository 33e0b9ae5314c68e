"""What is known of rows from before their keys were noted."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from base.secret_keys import UNKNOWN, key_id
from catalog.models import Key
from gateway.models import Secret
from invitations.models import Invitation, InviteLink
from tests.factories import GatewayFactory, InvitationFactory, InviteLinkFactory, KeyFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = {
    "catalog": "0002_starter_unlimited_and_echo",
    "gateway": "0002_counts_outlive_their_key",
    "invitations": "0003_sender_epoch",
}


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)


@pytest.fixture
def upgrade():
    """Back to the schema of before, and forward again as an upgrade goes."""

    def upgrade():
        latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
        migrate(list(BEFORE.items()))
        migrate(latest)

    return upgrade


def test_with_one_key_everything_stands_under_it(upgrade, settings, ada):
    KeyFactory(), GatewayFactory(), InvitationFactory(sender=ada), InviteLinkFactory(sender=ada)

    upgrade()

    name = key_id(settings.SECRET_KEY)
    assert Key.objects.get().digest_key == Secret.objects.get().digest_key == name
    assert Invitation.objects.get().signing_key == InviteLink.objects.get().signing_key == name


def test_with_several_links_are_told_apart_and_digests_are_not_yet(upgrade, settings, ada):
    first = settings.SECRET_KEY
    KeyFactory(), GatewayFactory(), InviteLinkFactory(sender=ada)
    early = InvitationFactory(sender=ada)
    settings.SECRET_KEY = "lost " * 12
    lost = InvitationFactory(sender=ada)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second " * 10, [first]
    late = InvitationFactory(sender=ada)

    upgrade()

    second = key_id("second " * 10)
    both = f"{second},{key_id(first)}"
    assert Key.objects.get().digest_key == Secret.objects.get().digest_key == both
    assert InviteLink.objects.get().signing_key == key_id(first)
    keys = dict(Invitation.objects.values_list("pk", "signing_key"))
    assert keys == {early.pk: key_id(first), lost.pk: UNKNOWN, late.pk: second}
