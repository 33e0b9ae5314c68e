"""Packages in words: what one gives, what it cannot give at present, what its deletion hits."""

from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Product
from packages.access import unseen
from packages.actions import what_loses_it
from packages.models import Package


def gives(package: Package) -> str:
    """In one line, for choosing: "role Partners, subscriptions to Starter and Billing"."""
    # Sorted here: whoever hands the package over may have fetched both already, in any order.
    roles = [role.name for role in sorted(package.roles.all(), key=attrgetter("name_key"))]
    products = [one.name for one in sorted(package.products.all(), key=attrgetter("name_key"))]
    parts = []
    if roles:
        text = ngettext("role %(names)s", "roles %(names)s", len(roles))
        parts.append(text % {"names": _listed(roles)})
    if products:
        text = ngettext("subscription to %(names)s", "subscriptions to %(names)s", len(products))
        parts.append(text % {"names": _listed(products)})
    return ", ".join(parts) or _("a welcome text")


def missing_of(package: Package) -> list[tuple[Product, str]]:
    """The products that nobody is subscribed to with it, each with the reason."""
    products = list(package.products.order_by("name_key"))
    hidden = set(unseen(products, roles=package.roles.all()))
    found = []
    for product in products:
        if not product.is_published:
            found.append((product, _("It is not published.")))
        elif product in hidden:
            found.append((product, _("No role of the package sees it.")))
    return found


def effects_of_deletion(package: Package) -> list[tuple[str, str]]:
    """Icon and sentence of each."""
    invitations = package.invitations.unanswered().count()
    waiting = what_loses_it(invitations, package.invite_links.count())
    return [
        *[("envelope", sentence) for sentence in waiting],
        ("users", _("Whoever was given it keeps roles, subscriptions and keys.")),
        ("clock", _("The activity keeps what was done with it.")),
    ]


def _listed(names: list[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    if len(names) == 1:
        return names[0]
    return _("%(several)s and %(last)s") % {"several": ", ".join(names[:-1]), "last": names[-1]}
