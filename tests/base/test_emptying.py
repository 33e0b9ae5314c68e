"""What is left of one test before the next."""

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction

from accounts.actions import block_user
from accounts.models import Role, User
from audit.models import Event
from tests.emptying import empty_databases
from tests.factories import InvitationFactory, KeyFactory, PackageFactory


@pytest.mark.django_db(transaction=True)
def test_emptying_leaves_the_three_roles_and_a_journal_that_refuses(ada, ben):
    KeyFactory(subscription__owner=ben)
    PackageFactory(roles=[Role.objects.create(name="Pilots", name_key="pilots")])
    InvitationFactory(sender=ada)
    block_user(user=ben, by=ada)
    cache.set("attempts", 3)

    empty_databases()

    assert sorted(Role.objects.values_list("built_in", flat=True)) == [
        "administrators",
        "developers",
        "guests",
    ]
    assert not User.objects.exists()
    assert not Event.objects.exists()
    assert cache.get("attempts") is None
    Event.objects.create(action="user.blocked", actor_label="Ada", subject_label="Ben")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()
