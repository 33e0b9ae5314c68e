"""Products: bundles of APIs, who sees them, and who subscribed."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from audit.models import Event
from base.doors import administrators_only
from catalog import actions
from catalog.models import Product, Subscription
from console.activity.events import lines_of
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, way_back
from console.kit.forms import ConfirmForm, TypedNameForm
from console.kit.requests import ConsoleRequest
from console.products.effects import effects_on_product, number_of_subscriptions
from console.products.forms import ProductApisForm, ProductForm, ProductsFilter, VisibilityForm

EVENTS_SHOWN = 20
SUBSCRIBERS_SHOWN = 10


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every product; products are few, so the list has no pages."""
    filters = ProductsFilter(request.GET)
    roles = Prefetch("roles", Role.objects.in_order())
    found = filters.apply(Product.objects.all()).with_counts().prefetch_related(roles)
    context = {"filters": filters, "products": found.order_by("name_key")}
    return render(request, "console/products/index.html", context)


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    form = ProductForm(posted(request))
    if form.is_valid():
        try:
            product = actions.create_product(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:product-detail", product.public_id)
    operation = ConfirmDialog(
        title=_("Add product"),
        lead=_("It begins unpublished, and only administrators see it."),
        submit=_("Save"),
        crumbs=[(reverse("console:product-list"), _("Products"))],
    )
    back = way_back(request, otherwise=reverse("console:product-list"))
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    product = _found(public_id)
    subscriptions = product.subscriptions.select_related("owner").order_by("-created_at", "-id")
    context = {
        "product": product,
        "apis": product.apis.order_by("name_key").defer("openapi"),
        "roles": product.roles.in_order(),
        "subscriptions": subscriptions[:SUBSCRIBERS_SHOWN],
        "subscription_count": product.subscriptions.count(),
        "waiting_count": Subscription.objects.submitted().filter(product=product).count(),
        "lines": lines_of(Event.objects.filter(subject_id=product.public_id)[:EVENTS_SHOWN]),
    }
    return render(request, "console/products/show.html", context)


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    product = _found(public_id)
    form = ProductForm(posted(request), product=product)
    if form.is_valid():
        try:
            product = actions.edit_product(product=product, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The product %(name)s was saved.") % _name(product))
            return redirect("console:product-detail", product.public_id)
    operation = ConfirmDialog(
        title=_("Edit %(name)s") % _name(product), submit=_("Save"), crumbs=_crumbs(product)
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(product))


@administrators_only(methods=["POST"])
def publish(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    product = actions.publish_product(product=_found(public_id), by=request.user)
    messages.success(request, _("%(name)s is published.") % _name(product))
    return redirect("console:product-detail", product.public_id)


@administrators_only
def unpublish(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Felt by others, so it says by whom."""
    product = _found(public_id)
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.unpublish_product(product=product, by=request.user)
        messages.success(
            request, _("%(name)s is unpublished. Publish it to undo this.") % _name(product)
        )
        return redirect("console:product-detail", product.public_id)
    operation = ConfirmDialog(
        title=_("Unpublish %(name)s?") % _name(product),
        lead=_("It disappears from the portal. Nothing is deleted: publishing gives all back."),
        submit=_("Unpublish product"),
        is_danger=True,
        crumbs=_crumbs(product),
        effects=effects_on_product(product),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(product))


@administrators_only
def roles(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Visibility: who sees the product, and whose keys to it pass."""
    product = _found(public_id)
    form = VisibilityForm(posted(request), product=product)
    if form.is_valid():
        actions.set_product_roles(
            product=product,
            roles=form.cleaned_data["roles"],
            seen=form.seen.get("roles"),
            by=request.user,
        )
        messages.success(request, _("The visibility of %(name)s was saved.") % _name(product))
        return redirect("console:product-detail", product.public_id)
    operation = ConfirmDialog(
        title=_("Who sees %(name)s?") % _name(product),
        lead=_(
            "People in a role that loses it keep their subscriptions, but their keys are refused until a role of theirs sees it again."
        ),
        submit=_("Save"),
        crumbs=_crumbs(product),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(product))


@administrators_only
def apis(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    product = _found(public_id)
    form = ProductApisForm(posted(request), product=product)
    if form.is_valid():
        actions.set_product_apis(
            product=product,
            apis=form.cleaned_data["apis"],
            seen=form.seen.get("apis"),
            by=request.user,
        )
        messages.success(request, _("The APIs of %(name)s were saved.") % _name(product))
        return redirect("console:product-detail", product.public_id)
    operation = ConfirmDialog(
        title=_("APIs of %(name)s") % _name(product),
        lead=_("Every key of the product opens them, from the next call on."),
        submit=_("Save"),
        crumbs=_crumbs(product),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(product))


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    product = _found(public_id)
    form = TypedNameForm(posted(request), name=product.name)
    if form.is_valid():
        actions.delete_product(product=product, by=request.user, confirmed=True)
        messages.success(request, _("The product %(name)s was deleted.") % _name(product))
        return redirect("console:product-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % _name(product),
        lead=_("This cannot be undone. Unpublishing hides it and keeps everything."),
        submit=_("Delete product"),
        is_danger=True,
        crumbs=_crumbs(product),
        effects=[
            ("trash", number_of_subscriptions(product)),
            *effects_on_product(product),
            ("clock", _("The activity keeps what was done with it.")),
        ],
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(product))


def _found(public_id: UUID) -> Product:
    return get_object_or_404(Product, public_id=public_id)


def _address(product: Product) -> str:
    return reverse("console:product-detail", args=[product.public_id])


def _crumbs(product: Product) -> list[tuple[str, str]]:
    return [(reverse("console:product-list"), _("Products")), (_address(product), product.name)]


def _name(product: Product) -> dict[str, str]:
    return {"name": product.name}
