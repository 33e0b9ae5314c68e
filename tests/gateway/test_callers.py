"""Who can call a product now is whom the check lets through, in every combination of states."""

from itertools import product as combinations

import pytest

from accounts.models import Role
from catalog.callers import callers_of
from catalog.models import Product
from gateway.check import query
from tests.factories import ApiFactory, KeyFactory, ProductFactory, RoleFactory
from tests.gateway.test_rule import SWITCHES, arrange

pytestmark = pytest.mark.django_db(transaction=True)


def test_callers_of_a_product_are_those_whom_the_check_lets_through(ben):
    api = ApiFactory(path_prefix="/orders")
    key = KeyFactory(subscription__owner=ben, subscription__product=ProductFactory())
    roles = {
        "own role": Role.objects.developers(),
        "guests": Role.objects.get(built_in="guests"),
        "another role": RoleFactory(),
    }
    # An API that asks for a subscription, in the product: what is left is the caller's.
    values = SWITCHES | {"subscription_required": [True], "contained": [True]}
    passed = 0
    for chosen in combinations(*values.values()):
        switches = dict(zip(values, chosen, strict=True))
        arrange(key, api, roles, switches)

        passes = query.ask_for_digest(key.digest, "/orders/7").reason is None

        product = Product.objects.get(pk=key.subscription.product_id)
        assert list(callers_of(product)) == ([ben] if passes else []), switches
        passed += passes
    assert passed == 2 * 2 * 2
