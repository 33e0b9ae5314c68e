"""Saving what has a unique name and slug, with a sentence at the field for each that is taken."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from catalog.models import Api, Product

_TAKEN = {
    "name": _("This name is taken. Choose another."),
    "slug": _("This slug is taken. Choose another."),
    "path_prefix": _("Another API answers under this path. Choose another."),
}


class Taken(ValidationError):
    """``field`` is name, slug or path_prefix."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__({field: ValidationError(_TAKEN[field], code=f"{field}_taken")})


def slug_for(row: Api | Product) -> str:
    """A free slug made from the name: orders-api, then orders-api-2."""
    # A name with no letter of the Latin alphabet leaves nothing.
    stem = slugify(row.name).replace("_", "-").strip("-")[:70] or row.audit_kind
    taken = set(type(row).objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken)


def save_named(row: Api | Product) -> None:
    """Validate and save. Raises Taken or ValidationError by field."""
    row.name_key = row.name.casefold()
    row.full_clean(validate_unique=False)
    _refuse_taken(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody took it between the look and the write.
        _refuse_taken(row)
        raise


def _refuse_taken(row: Api | Product) -> None:
    others = type(row).objects.exclude(pk=row.pk)
    if others.filter(name_key=row.name_key).exists():
        raise Taken("name")
    if others.filter(slug=row.slug).exists():
        raise Taken("slug")
    if isinstance(row, Api):
        same_path = Api.objects.exclude(pk=row.pk).filter(path_prefix=row.path_prefix)
        if same_path.exists():
            raise Taken("path_prefix")
