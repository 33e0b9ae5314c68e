"""Access packages: roles, product subscriptions and a welcome, given to a person in one go."""

import uuid
from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from catalog.models import Product, is_seen


class PackageQuerySet(models.QuerySet["Package"]):
    """Queryset words of packages."""

    def giving_less(self) -> "PackageQuerySet":
        """Those that name a product which nobody would be subscribed to: see ``_gives_less``."""
        return self.filter(_gives_less())

    def with_what_is_missing(self) -> "PackageQuerySet":
        """Each row knows ``gives_less``."""
        return self.annotate(gives_less=_gives_less())


def _gives_less() -> Exists:
    """A product is unpublished, or hidden from the roles meanwhile."""
    of_package = roles_given(Q(packages=OuterRef(OuterRef("package"))))
    seen = is_seen(OuterRef("product"), roles=of_package)
    missing = Q(product__published_at=None) | ~seen
    return Exists(Package.products.through.objects.filter(missing, package=OuterRef("pk")))


def roles_given(besides: Q) -> QuerySet[Role]:
    """The roles of somebody who is given those: everybody who is given anything is in Developers."""
    return Role.objects.filter(Q(built_in=Role.BuiltIn.DEVELOPERS) | besides)


class Package(models.Model):
    """A named bundle. What it gave stays with the person when it changes or goes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    # name.casefold(): unique without case, with the same verdict on both databases.
    name_key = models.CharField(max_length=300, unique=True, editable=False)
    # For administrators.
    description = models.CharField(_("description"), max_length=1000, blank=True)
    # Read by the person on the first page after accepting.
    welcome = models.TextField(
        _("welcome text"), blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    roles = models.ManyToManyField(Role, related_name="packages", blank=True)
    products = models.ManyToManyField(Product, related_name="packages", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar = PackageQuerySet.as_manager()
    audit_kind = "package"

    def __str__(self) -> str:
        return self.name

    @property
    def audit_label(self) -> str:
        return self.name
