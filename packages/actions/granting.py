"""Giving a person what a package holds."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import assign_role
from accounts.models import User
from audit.journal import record
from base.authority import Permission, action
from catalog.actions import (
    IssuedKey,
    SubscriptionLimitReached,
    issue_missing_keys,
    open_subscription,
)
from catalog.models import Product, Subscription
from packages.models import Package


@dataclass(frozen=True)
class Grant:
    """What a person was given. ``keys`` belong to ``subscriptions``; ``kept`` were there before."""

    package: Package
    subscriptions: list[Subscription] = field(default_factory=list)
    kept: list[Subscription] = field(default_factory=list)
    keys: list[IssuedKey] = field(default_factory=list)
    # What the package names and the person did not get, with a sentence saying why.
    skipped: list[tuple[Product, str]] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell the person about it."""
        return bool(self.subscriptions or self.skipped or self.package.welcome)

    def keys_of(self, subscription: Subscription) -> list[IssuedKey]:
        return [one for one in self.keys if one.key.subscription_id == subscription.pk]


class PackageGone(ValidationError):
    """Deleted between the look and the grant."""

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This package was deleted."), code="package_gone")


class PackageTermsNotAccepted(ValidationError):
    """``product`` has terms that the person was not asked about, or did not accept."""

    def __init__(self, product: Product) -> None:
        self.product = product
        super().__init__(
            _("Accept the terms of %(product)s.") % {"product": product.name},
            code="package_terms_not_accepted",
        )


def hold_package(package: Package) -> Package:
    """The package as it is, kept from being deleted until the surrounding transaction ends.

    Raises PackageGone. Take it before any row that hangs on the package: ``delete_package`` does.
    """
    held = Package.objects.select_for_update(no_key=True)
    return held.filter(pk=package.pk).first() or _gone()


@action(Permission.PACKAGES_MANAGE, or_owner="user")
def grant_package(
    *,
    package: Package,
    user: User,
    by: User | None,
    issue_keys: bool = False,
    terms_accepted: Collection[Product] = (),
) -> Grant:
    """Give the roles and an active subscription to each product, approval or not.

    Held roles and active subscriptions are left as they are. A product that is hidden from the
    person or at its limit is skipped, and the journal says so. ``issue_keys`` only where the person
    is looking: nothing shows a key a second time. When people take it themselves (``by`` is
    ``user``) they must have accepted the terms of each product that has some.

    Raises PackageGone, PackageTermsNotAccepted.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    package = Package.objects.filter(pk=package.pk).first() or _gone()
    for role in package.roles.in_order():
        # Whoever takes a package does not give the roles: those who made it did.
        assign_role(user=user, role=role, by=None if by == user else by)
    grant = Grant(package)
    # Held, so that no product is deleted or hidden before its subscription is there.
    products = Product.objects.select_for_update(no_key=True).filter(packages=package)
    for product in products.order_by("pk"):
        _give(grant, product, user, by=by, terms_accepted=terms_accepted)
    if issue_keys and by is not None:
        for subscription in grant.subscriptions:
            grant.keys.extend(issue_missing_keys(subscription=subscription, by=by))
    record(
        "package.granted",
        by=by,
        subject=user,
        package=package.name,
        products=[subscription.product.name for subscription in grant.subscriptions],
        skipped=[product.name for product, _why in grant.skipped],
    )
    return grant


def _gone() -> Package:
    raise PackageGone


def _give(
    grant: Grant,
    product: Product,
    user: User,
    *,
    by: User | None,
    terms_accepted: Collection[Product],
) -> None:
    present = user.subscriptions.active().filter(product=product).first()
    if present is not None:
        grant.kept.append(present)
        return
    why_not = _why_hidden(product, user)
    if why_not:
        grant.skipped.append((product, why_not))
        return
    accepts = bool(product.terms) and by == user
    if accepts and product not in terms_accepted:
        raise PackageTermsNotAccepted(product)
    try:
        subscription = open_subscription(product, user, by=by, terms_accepted=accepts)
    except SubscriptionLimitReached as refusal:
        grant.skipped.append((product, " ".join(refusal.messages)))
    else:
        grant.subscriptions.append(subscription)


def _why_hidden(product: Product, user: User) -> str:
    if not product.is_published:
        return _("%(product)s is not published.") % {"product": product.name}
    if not Product.objects.seen_by(user).filter(pk=product.pk).exists():
        return _("No role given sees %(product)s.") % {"product": product.name}
    return ""
