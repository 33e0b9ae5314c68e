"""What a package gives now: which of its products are seen by whoever is given it."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.models import Role
from catalog.models import Product, ProductQuerySet
from packages.models import Package, roles_given


def unseen(products: Iterable[Product], *, roles: Iterable[Role]) -> ProductQuerySet:
    """Those of ``products`` that nobody sees who is in Developers and ``roles``, by name."""
    bundled = Product.objects.filter(pk__in={product.pk for product in products})
    return bundled.exclude(pk__in=_seen_by(roles)).order_by("name_key")


def products_given(package: Package, *, roles: Iterable[Role] = ()) -> ProductQuerySet:
    """What somebody is subscribed to who is given the package beside ``roles``, by name."""
    holds = {*package.roles.all(), *roles}
    bundled = Product.objects.published().filter(packages=package)
    return bundled.filter(pk__in=_seen_by(holds)).order_by("name_key")


def _seen_by(roles: Iterable[Role]) -> ProductQuerySet:
    seen: ProductQuerySet = Product.objects.seen_with(
        roles_given(Q(pk__in={role.pk for role in roles}))
    )
    return seen
