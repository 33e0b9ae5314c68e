"""Operations on products: what they contain and who sees them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import Role, User
from audit.changes import change
from audit.journal import record, record_each
from base.authority import Permission, action
from base.changes import KEEP, merged
from base.names import clean_title
from catalog.actions.subscriptions import tell_of_deletion
from catalog.models import Api, Product
from catalog.naming import save_named, slug_for


class ProductHasSubscriptions(ValidationError):
    """``count`` subscriptions, in whatever state, would go with the product."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            ngettext(
                "%(count)d subscription and its keys would be deleted with this product. Confirm to delete it all the same.",
                "%(count)d subscriptions and their keys would be deleted with this product. Confirm to delete it all the same.",
                count,
            )
            % {"count": count},
            code="product_has_subscriptions",
        )


@action(Permission.CATALOG_MANAGE)
def create_product(
    *,
    name: str,
    by: User | None,
    slug: str = "",
    description: str = "",
    terms: str = "",
    approval_needed: bool = False,
    subscription_limit: int | None = None,
) -> Product:
    """Make a product: unpublished, and visible to Administrators only (Azure behaviour).

    ``subscription_limit`` counts per person; None is no limit. Raises Taken or ValidationError by
    field.
    """
    product = Product(
        name=clean_title(name),
        slug=slug.strip(),
        description=description.strip(),
        terms=terms.strip(),
        approval_needed=approval_needed,
        subscription_limit=subscription_limit,
    )
    product.slug = product.slug or slug_for(product)
    save_named(product)
    product.roles.set([Role.objects.administrators()])
    record("product.created", by=by, subject=product)
    return product


@action(Permission.CATALOG_MANAGE)
def edit_product(
    *,
    product: Product,
    by: User | None,
    name: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    terms: str | None = None,
    approval_needed: bool | None = None,
    subscription_limit: int | None = KEEP,
    seen: Mapping[str, Any] | None = None,
) -> Product:
    """Change what is given; quiet when nothing differs. Subscriptions that exist stay as they are.

    Raises EditConflict, Taken or ValidationError by field.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    changes = change(
        product,
        {
            "name": clean_title(name) if name is not None else None,
            # Emptied: leave it, addresses that people kept stay true.
            "slug": slug.strip() or None if slug is not None else None,
            "description": description.strip() if description is not None else None,
            "terms": terms.strip() if terms is not None else None,
            "approval_needed": approval_needed,
            "subscription_limit": subscription_limit,
        },
        seen=seen,
        by=by,
    )
    if not changes:
        return product
    save_named(product)
    if "terms" in changes:
        changes["terms"] = ["", ""]
    record("product.edited", by=by, subject=product, changes=changes)
    return product


@action(Permission.CATALOG_MANAGE)
def publish_product(*, product: Product, by: User | None) -> Product:
    """Show it in the portal to those who may see it, and let their keys pass; quiet when it is."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.is_published:
        return product
    product.published_at = timezone.now()
    product.save(update_fields=["published_at"])
    record("product.published", by=by, subject=product)
    return product


@action(Permission.CATALOG_MANAGE)
def unpublish_product(*, product: Product, by: User | None) -> Product:
    """Hide it from everybody; its keys are refused until it is published again. Quiet when hidden."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if not product.is_published:
        return product
    product.published_at = None
    product.save(update_fields=["published_at"])
    record("product.unpublished", by=by, subject=product)
    return product


@action(Permission.CATALOG_MANAGE)
def set_product_roles(
    *, product: Product, roles: Iterable[Role], by: User | None, seen: Iterable[Role] | None = None
) -> None:
    """Make ``roles`` the ones that see the product; Administrators always stay. Quiet when equal.

    Of somebody who had ``seen`` before them, only what they added and took away counts.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    present = set(product.roles.all())
    wanted = {*merged(present, roles, seen=seen), Role.objects.administrators()}
    if wanted == present:
        return
    product.roles.set(wanted)
    record(
        "product.roles_changed",
        by=by,
        subject=product,
        added=sorted(role.name for role in wanted - present),
        removed=sorted(role.name for role in present - wanted),
    )


@action(Permission.CATALOG_MANAGE)
def set_product_apis(
    *, product: Product, apis: Iterable[Api], by: User | None, seen: Iterable[Api] | None = None
) -> None:
    """Make ``apis`` what the product contains. Quiet when equal. ``seen`` as for its roles."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    present = set(product.apis.all())
    wanted = set(merged(present, apis, seen=seen))
    if wanted == present:
        return
    product.apis.set(wanted)
    record(
        "product.apis_changed",
        by=by,
        subject=product,
        added=sorted(api.name for api in wanted - present),
        removed=sorted(api.name for api in present - wanted),
    )


@action(Permission.CATALOG_MANAGE)
def delete_product(*, product: Product, by: User | None, confirmed: bool = False) -> None:
    """Delete a product, and once ``confirmed`` its subscriptions and their keys.

    Raises ProductHasSubscriptions.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    count = product.subscriptions.count()
    if count and not confirmed:
        raise ProductHasSubscriptions(count)
    record("product.deleted", by=by, subject=product, subscriptions=count)
    # Locked, so that no key is made for one that goes.
    locked = product.subscriptions.select_for_update(of=("self",)).order_by("pk")
    deleted = list(locked.select_related("product", "owner"))
    record_each("subscription.deleted", by=by, subjects=deleted)
    for subscription in deleted:
        tell_of_deletion(subscription, by=by)
    product.subscriptions.all().delete()
    product.delete()
