"""Operations on packages themselves: what they are called and what they give."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import RoleNotAssignable
from accounts.models import Role, User
from audit.changes import change
from audit.journal import record
from base.authority import Permission, action
from base.changes import merged
from base.names import clean_title
from base.naming import NameTaken, save_unique
from catalog.models import Product
from packages.access import unseen
from packages.models import Package


class PackageNameTaken(NameTaken):
    def __init__(self, field: str = "name") -> None:
        super().__init__(
            gettext_lazy("A package with this name already exists."),
            code="package_name_taken",
            field=field,
        )


class NoRoleSeesProduct(ValidationError):
    """The keys to ``products`` would be refused to everybody who is given the package."""

    def __init__(self, products: list[Product]) -> None:
        self.products = products
        text = ngettext(
            "No role of this package sees %(names)s: give it one that does, or change the visibility of the product.",
            "No role of this package sees %(names)s: give it roles that do, or change the visibility of the products.",
            len(products),
        )
        names = ", ".join(product.name for product in products)
        super().__init__(
            {"products": ValidationError(text % {"names": names}, code="no_role_sees_product")}
        )


class PackageMakesNoAdministrators(ValidationError):
    """Changed later, a package reaches whoever was invited with it before, by whomever."""

    def __init__(self) -> None:
        super().__init__(
            {
                "roles": ValidationError(
                    gettext_lazy(
                        "A package cannot make administrators: give that role to each person by name."
                    ),
                    code="package_makes_no_administrators",
                )
            }
        )


class PackageInUse(ValidationError):
    """``invitations`` unanswered ones and ``links`` shared ones would give less than they promise."""

    def __init__(self, invitations: int, links: int) -> None:
        self.invitations, self.links = invitations, links
        super().__init__(
            " ".join([*what_loses_it(invitations, links), _("Confirm to delete it all the same.")]),
            code="package_in_use",
        )


def what_loses_it(invitations: int, links: int) -> list[str]:
    """A sentence for each kind of thing that would go on without the package."""
    sentences = []
    if invitations:
        text = ngettext(
            "%(count)d unanswered invitation would give the roles it names, and nothing of the package.",
            "%(count)d unanswered invitations would give the roles they name, and nothing of the package.",
            invitations,
        )
        sentences.append(text % {"count": invitations})
    if links:
        text = ngettext(
            "%(count)d invite link would go on without it.",
            "%(count)d invite links would go on without it.",
            links,
        )
        sentences.append(text % {"count": links})
    return sentences


@action(Permission.PACKAGES_MANAGE)
def create_package(
    *,
    name: str,
    by: User | None,
    description: str = "",
    welcome: str = "",
    roles: Iterable[Role] = (),
    products: Iterable[Product] = (),
) -> Package:
    """Make a package. ``roles`` are given besides Developers, which everybody has.

    Raises PackageNameTaken, NoRoleSeesProduct, PackageMakesNoAdministrators, RoleNotAssignable or
    ValidationError by field.
    """
    package = Package(
        name=clean_title(name), description=description.strip(), welcome=welcome.strip()
    )
    given, bundled = set(roles), _held(products)
    _refuse_what_would_not_work(given, bundled)
    save_unique(package, taken=PackageNameTaken)
    package.roles.set(given)
    package.products.set(bundled)
    record(
        "package.created",
        by=by,
        subject=package,
        roles=_names(given),
        products=_names(bundled),
    )
    return package


@action(Permission.PACKAGES_MANAGE)
def edit_package(
    *,
    package: Package,
    by: User | None,
    name: str | None = None,
    description: str | None = None,
    welcome: str | None = None,
    roles: Iterable[Role] | None = None,
    products: Iterable[Product] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Package:
    """Change what is given, for whoever is given the package from now on; quiet when nothing differs.

    What it gave stays with the people who have it. Of roles and products, what the author added to
    those ``seen`` and took from them counts. Raises EditConflict and as ``create_package``.
    """
    package = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    had_roles, had_products = set(package.roles.all()), set(package.products.all())
    shown = seen or {}
    given, listed = had_roles, list(had_products)
    if roles is not None:
        given = set(merged(had_roles, roles, seen=shown.get("roles")))
    if products is not None:
        listed = merged(had_products, products, seen=shown.get("products"))
    bundled = _held(listed)
    _refuse_what_would_not_work(given, bundled)
    wanted = {
        "name": clean_title(name) if name is not None else None,
        "description": description.strip() if description is not None else None,
        "welcome": welcome.strip() if welcome is not None else None,
    }
    changes = change(package, wanted, seen=seen, by=by)
    if "welcome" in changes:
        changes["welcome"] = ["", ""]
    if given != had_roles:
        changes["roles"] = [_names(had_roles), _names(given)]
    if bundled != had_products:
        changes["products"] = [_names(had_products), _names(bundled)]
    if not changes:
        return package
    save_unique(package, taken=PackageNameTaken)
    package.roles.set(given)
    package.products.set(bundled)
    record("package.edited", by=by, subject=package, changes=changes)
    return package


@action(Permission.PACKAGES_MANAGE)
def delete_package(*, package: Package, by: User | None, confirmed: bool = False) -> None:
    """Delete a package; what it gave stays with the people who have it.

    Raises PackageInUse, unless ``confirmed``: what waits with it goes on without it.
    """
    # Links and invitations belong to the room above, which hangs them on a package by these names.
    # Whoever comes through a link holds it first, and then writes their invitation.
    links = len(package.invite_links.select_for_update().order_by("pk"))
    # Not the stronger lock: what names the package looks at it once more when it commits, and may
    # hold rows then that this waits for.
    package = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    invitations = package.invitations.unanswered().count()
    if (invitations or links) and not confirmed:
        raise PackageInUse(invitations, links)
    record("package.deleted", by=by, subject=package, invitations=invitations, links=links)
    package.delete()


def _held(products: Iterable[Product]) -> set[Product]:
    """The products under a lock, so that none is deleted or hidden before the package has it."""
    locked = Product.objects.select_for_update(no_key=True).order_by("pk")
    return set(locked.filter(pk__in=[product.pk for product in products]))


def _refuse_what_would_not_work(roles: set[Role], products: set[Product]) -> None:
    for role in roles:
        if role.built_in == Role.BuiltIn.ADMINISTRATORS:
            raise PackageMakesNoAdministrators
        if not role.is_assignable:
            raise RoleNotAssignable(role)
    hidden = list(unseen(products, roles=roles))
    if hidden:
        raise NoRoleSeesProduct(hidden)


def _names(rows: Collection[Role] | Collection[Product]) -> list[str]:
    return sorted(row.name for row in rows)
