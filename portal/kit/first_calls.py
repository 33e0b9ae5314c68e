"""The call that a fresh key is tried with."""

import shlex
from dataclasses import dataclass

from catalog.models import Api, Product
from catalog.openapi.operations import Operation, read_openapi
from gateway.registry.addresses import base_of


@dataclass(frozen=True)
class FirstCall:
    """``operation`` is None where the API's document names none that needs no values."""

    api: Api
    address: str
    operation: Operation | None

    @property
    def in_a_shell(self) -> str:
        """The address as a shell reads it: its path is the document's."""
        return shlex.quote(self.address)


def first_call_of(product: Product) -> FirstCall | None:
    """To an API of the product that can be reached; None while no gateway says where.

    One whose document names a call that needs nothing, if any: a bare prefix may answer nobody.
    """
    # Those answered here come first: they work without any gateway, and at every path.
    apis = sorted(product.apis.all(), key=lambda api: (api.back_end, api.name_key))
    likely = (api for api in apis if api.is_answered_here or _simplest(api))
    api = next(likely, next(iter(apis), None))
    base = base_of(api) if api else ""
    if api is None or not base:
        return None
    operation = _simplest(api)
    return FirstCall(api, base + (operation.path if operation else ""), operation)


def _simplest(api: Api) -> Operation | None:
    operations = read_openapi(api.openapi).operations if api.openapi else ()
    fitting = (one for one in operations if one.method == "GET" and one.needs_nothing)
    return next(fitting, None)
