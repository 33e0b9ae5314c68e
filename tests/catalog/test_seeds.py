"""What a fresh service has in its catalog."""

import pytest

from accounts.models import Role
from catalog import seeds
from catalog.models import Api, Product
from catalog.openapi.operations import read_openapi
from catalog.openapi.validate import validate_openapi

pytestmark = pytest.mark.django_db


def test_starter_and_unlimited_contain_the_echo_api(ben):
    seeds.plant(Api, Product, Role)

    starter, unlimited = Product.objects.order_by("name")
    assert (starter.name, starter.subscription_limit, starter.approval_needed) == (
        "Starter",
        1,
        False,
    )
    assert (unlimited.name, unlimited.subscription_limit, unlimited.approval_needed) == (
        "Unlimited",
        None,
        True,
    )
    for product in [starter, unlimited]:
        assert [api.slug for api in product.apis.all()] == ["echo"]
    # Visitors see them too.
    assert Product.objects.visible_to(None).count() == 2
    assert Product.objects.visible_to(ben).count() == 2


def test_the_echo_api_is_answered_here_and_documented():
    seeds.plant(Api, Product, Role)
    echo = Api.objects.get()

    assert echo.is_answered_here
    echo.full_clean()
    validate_openapi(echo.openapi)
    assert read_openapi(echo.openapi).operations
