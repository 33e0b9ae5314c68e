"""Names, slugs and paths of APIs and products: each is one row's alone."""

from functools import partial

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from base.naming import NameTaken, save_unique
from catalog.models import Api, Product

_TAKEN = {
    "name": _("This name is taken. Choose another."),
    "slug": _("This slug is taken. Choose another."),
    "path_prefix": _("Another API answers under this path. Choose another."),
}


class Taken(NameTaken):
    """``field`` is name, slug or path_prefix."""

    def __init__(self, field: str) -> None:
        super().__init__(_TAKEN[field], code=f"{field}_taken", field=field)


def slug_for(row: Api | Product) -> str:
    """A free slug made from the name: orders-api, then orders-api-2."""
    # A name with no letter of the Latin alphabet leaves nothing.
    stem = slugify(row.name).replace("_", "-").strip("-")[:70] or row.audit_kind
    taken = set(type(row).objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken)


# Raises Taken or ValidationError by field.
save_named = partial(save_unique, taken=Taken)
