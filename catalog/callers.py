"""Who can call a product now: the access rule asked the other way round."""

from django.db.models import Exists, OuterRef

from accounts.models import Role, RoleAssignment, User, UserQuerySet
from catalog.models import Key, Product


def callers_of(product: Product) -> UserQuerySet:
    """Active developers with a live key of an active subscription to it, who see it.

    The same steps as ``catalog.access``; tests/catalog/test_callers.py holds the two equal.
    """
    if not product.is_published:
        return User.objects.none()
    keys = Key.objects.callable_by_owner().filter(
        subscription__product=product, subscription__owner=OuterRef("pk")
    )
    users = User.objects.active().filter(Exists(keys))
    if product.roles.filter(built_in=Role.BuiltIn.GUESTS).exists():
        return users
    seeing = RoleAssignment.objects.filter(user=OuterRef("pk"), role__in=product.roles.all())
    return users.filter(Exists(seeing))
