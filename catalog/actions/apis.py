"""Operations on APIs."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.changes import change
from audit.journal import record
from base.authority import Permission, action
from base.names import clean_title
from catalog.models import Api
from catalog.naming import save_named, slug_for
from catalog.openapi.validate import validate_openapi


class ApiInUse(ValidationError):
    """``count`` products would lose the API."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            ngettext(
                "%(count)d product contains this API and would lose it. Confirm to delete it all the same.",
                "%(count)d products contain this API and would lose it. Confirm to delete it all the same.",
                count,
            )
            % {"count": count},
            code="api_in_use",
        )


class BackEndNeeded(ValidationError):
    """Only the sample API, made at first start, is answered by the service itself."""

    def __init__(self) -> None:
        super().__init__(
            {
                "back_end": ValidationError(
                    _("Write the address that answers the calls."), code="back_end_needed"
                )
            }
        )


class PathIsFixed(ValidationError):
    """The service answers the sample API under its own path and no other."""

    def __init__(self) -> None:
        super().__init__(
            {
                "path_prefix": ValidationError(
                    _("This service answers the sample API under this path only."),
                    code="path_is_fixed",
                )
            }
        )


def refuse_faulty_document(arguments: Mapping[str, Any]) -> None:
    """Raise ValidationError (field ``openapi``). Takes seconds for a large one, so no lock is held."""
    text = (arguments.get("openapi") or "").strip()
    if text:
        try:
            validate_openapi(text)
        except ValidationError as error:
            raise ValidationError({"openapi": error.error_list}) from None


@action(Permission.CATALOG_MANAGE, first=refuse_faulty_document)
def create_api(
    *,
    name: str,
    path_prefix: str,
    back_end: str,
    by: User | None,
    slug: str = "",
    description: str = "",
    version: str = "",
    openapi: str = "",
    subscription_required: bool = True,
) -> Api:
    """Publish an API under a path; an empty ``slug`` is made from the name.

    Raises Taken (name, slug, path_prefix), BackEndNeeded or ValidationError by field.
    """
    if not back_end.strip():
        raise BackEndNeeded
    api = Api(
        name=clean_title(name),
        slug=slug.strip(),
        path_prefix=path_prefix.strip(),
        back_end=back_end.strip(),
        description=description.strip(),
        version=version.strip(),
        openapi=openapi.strip(),
        subscription_required=subscription_required,
    )
    api.slug = api.slug or slug_for(api)
    save_named(api)
    record("api.created", by=by, subject=api, path=api.path_prefix)
    return api


@action(Permission.CATALOG_MANAGE, first=refuse_faulty_document)
def edit_api(
    *,
    api: Api,
    by: User | None,
    name: str | None = None,
    slug: str | None = None,
    path_prefix: str | None = None,
    back_end: str | None = None,
    description: str | None = None,
    version: str | None = None,
    openapi: str | None = None,
    subscription_required: bool | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Api:
    """Change what is given (None leaves a field alone); quiet when nothing differs.

    Raises EditConflict, Taken, BackEndNeeded, PathIsFixed or ValidationError by field.
    """
    api = Api.objects.select_for_update().get(pk=api.pk)
    if back_end is not None and not back_end.strip() and not api.is_answered_here:
        raise BackEndNeeded
    if path_prefix not in {None, api.path_prefix} and api.is_answered_here:
        raise PathIsFixed
    wanted: dict[str, Any] = {
        "name": clean_title(name) if name is not None else None,
        # Emptied: leave it, addresses that people kept stay true.
        "slug": slug.strip() or None if slug is not None else None,
        "path_prefix": path_prefix.strip() if path_prefix is not None else None,
        "back_end": back_end.strip() if back_end is not None else None,
        "description": description.strip() if description is not None else None,
        "version": version.strip() if version is not None else None,
        "openapi": openapi.strip() if openapi is not None else None,
        "subscription_required": subscription_required,
    }
    changes = change(api, wanted, seen=seen, by=by)
    if not changes:
        return api
    save_named(api)
    # A document may be a megabyte; that it changed is enough for the journal.
    if "openapi" in changes:
        changes["openapi"] = ["", ""]
    record("api.edited", by=by, subject=api, changes=changes)
    return api


@action(Permission.CATALOG_MANAGE)
def delete_api(*, api: Api, by: User | None, confirmed: bool = False) -> None:
    """Take an API away; its path answers nobody from the next call on.

    Raises ApiInUse while a product contains it and nobody ``confirmed``.
    """
    api = Api.objects.select_for_update().get(pk=api.pk)
    products = api.products.count()
    if products and not confirmed:
        raise ApiInUse(products)
    record("api.deleted", by=by, subject=api, products=products)
    api.delete()
