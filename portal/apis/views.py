"""APIs that people may see, with the operations of their documents."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base.doors import open_to_all
from catalog.models import Api, Product
from catalog.openapi.operations import read_openapi
from gateway.registry.addresses import base_of
from portal.apis.samples import samples_of
from portal.kit.permitted import api_or_404, visitor


@open_to_all(methods=["GET"])
def index(request: HttpRequest) -> HttpResponse:
    """Those in a product that this person or visitor sees; APIs are few, so there are no pages."""
    person = visitor(request.user)
    products = Prefetch("products", Product.objects.visible_to(person).order_by("name_key"))
    found = Api.objects.visible_to(person).defer("openapi").prefetch_related(products)
    return render(request, "portal/apis/index.html", {"apis": found.order_by("name_key")})


@open_to_all(methods=["GET"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Where it is, which products open it, and its operations with samples."""
    api = api_or_404(request.user, slug)
    address = base_of(api)
    description = read_openapi(api.openapi) if api.openapi else None
    # Without a gateway's address the samples show where it goes.
    shown = address or f"https://your-gateway{api.path_prefix}"
    context: dict[str, Any] = {
        "api": api,
        "address": address,
        "products": Product.objects.visible_to(visitor(request.user))
        .filter(apis=api)
        .order_by("name_key"),
        "description": description,
        "operations": [
            (operation, samples_of(operation, shown, key_needed=api.subscription_required))
            for operation in (description.operations if description else ())
        ],
    }
    return render(request, "portal/apis/show.html", context)
