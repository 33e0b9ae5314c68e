"""Saving a row whose name (slug, path) nobody else may have, with a sentence at the field that is taken."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model


class NameTaken(ValidationError):
    """Another row has this value. ``field`` is where its sentence stands."""

    def __init__(self, message: Any, *, code: str, field: str = "name") -> None:
        self.field = field
        super().__init__({field: ValidationError(message, code=code)})


def name_key_of(name: str) -> str:
    """Names are unique without case, with the same verdict on both databases."""
    return name.casefold()


def save_unique(row: Model, *, taken: Callable[[str], NameTaken]) -> None:
    """Validate and save. Raises ``taken(field)`` for a value that another row has, or ValidationError
    by field.

    ``name_key`` is made of the name. All unique columns are looked at that somebody chooses.
    """
    row.name_key = name_key_of(row.name)  # type: ignore[attr-defined]
    row.full_clean(validate_unique=False)
    _refuse_taken(row, taken)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody took it between the look and the write.
        _refuse_taken(row, taken)
        raise


def _refuse_taken(row: Model, taken: Callable[[str], NameTaken]) -> None:
    others = type(row)._default_manager.exclude(pk=row.pk)
    for column in _chosen_columns(row):
        if others.filter(**{column: getattr(row, column)}).exists():
            raise taken(column.removesuffix("_key"))


def _chosen_columns(row: Model) -> list[str]:
    """The key of the name first; public ids are random, and nobody chooses them."""
    return [
        field.attname
        for field in row._meta.concrete_fields
        if field.unique
        and not field.primary_key
        and field.attname != "public_id"
        # Roles: which of the three built in ones it is. Nobody types it, and others have none.
        and not field.null
    ]
