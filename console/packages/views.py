"""Access packages: what is given in one go when a person is added or invited."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from audit.models import Event
from base.doors import administrators_only
from catalog.models import Product
from console.activity.events import lines_of
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, way_back
from console.kit.forms import ConfirmForm
from console.kit.requests import ConsoleRequest
from console.packages.forms import PackageForm
from console.packages.page_data import effects_of_deletion, missing_of
from invitations.models import Invitation
from packages import actions
from packages.models import Package

EVENTS_SHOWN = 20
INVITATIONS_SHOWN = 10


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every package; packages are few, so the list has no pages."""
    waiting = Invitation.objects.unanswered().filter(package=OuterRef("pk"))
    counted = waiting.order_by().values("package").annotate(number=Count("pk")).values("number")
    packages = (
        Package.objects.order_by("name_key")
        .with_what_is_missing()
        .annotate(waiting_count=Coalesce(Subquery(counted), 0))
        .prefetch_related(
            Prefetch("roles", Role.objects.in_order()),
            Prefetch("products", Product.objects.order_by("name_key")),
        )
    )
    return render(request, "console/packages/index.html", {"packages": packages})


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    form = PackageForm(posted(request))
    if form.is_valid():
        try:
            package = actions.create_package(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("console:package-detail", package.public_id)
    operation = ConfirmDialog(
        title=_("Add package"),
        lead=_("Choose it when you add or invite somebody: they are given all of it in one go."),
        submit=_("Save"),
        crumbs=[(reverse("console:package-list"), _("Packages"))],
    )
    back = way_back(request, otherwise=reverse("console:package-list"))
    return show_confirm_dialog(request, operation, form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    package = _found(public_id)
    invitations = Invitation.objects.unanswered().filter(package=package)
    context = {
        "package": package,
        "roles": package.roles.in_order(),
        "products": package.products.order_by("name_key"),
        "missing": missing_of(package),
        "invitations": invitations.order_by("-sent_at", "-id")[:INVITATIONS_SHOWN],
        "waiting_count": invitations.count(),
        "lines": lines_of(Event.objects.filter(subject_id=package.public_id)[:EVENTS_SHOWN]),
    }
    return render(request, "console/packages/show.html", context)


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    package = _found(public_id)
    form = PackageForm(posted(request), package=package)
    if form.is_valid():
        try:
            package = actions.edit_package(package=package, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The package %(name)s was saved.") % _name(package))
            return redirect("console:package-detail", package.public_id)
    operation = ConfirmDialog(
        title=_("Edit %(name)s") % _name(package),
        lead=_("Who was given it keeps what they have. Open invitations give what it holds then."),
        submit=_("Save"),
        crumbs=_crumbs(package),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(package))


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The page says what waits with it, and its button is the confirmation."""
    package = _found(public_id)
    form = ConfirmForm(posted(request))
    if form.is_valid():
        actions.delete_package(package=package, by=request.user, confirmed=True)
        messages.success(request, _("The package %(name)s was deleted.") % _name(package))
        return redirect("console:package-list")
    operation = ConfirmDialog(
        title=_("Delete %(name)s?") % _name(package),
        lead=_("It can no longer be chosen. This cannot be undone."),
        submit=_("Delete package"),
        is_danger=True,
        crumbs=_crumbs(package),
        effects=effects_of_deletion(package),
    )
    return show_confirm_dialog(request, operation, form=form, back=_address(package))


def _found(public_id: UUID) -> Package:
    return get_object_or_404(Package, public_id=public_id)


def _address(package: Package) -> str:
    return reverse("console:package-detail", args=[package.public_id])


def _crumbs(package: Package) -> list[tuple[str, str]]:
    return [(reverse("console:package-list"), _("Packages")), (_address(package), package.name)]


def _name(package: Package) -> dict[str, str]:
    return {"name": package.name}
