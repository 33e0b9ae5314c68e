"""Roles, and who is in them."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import push_url

from accounts import actions
from accounts.models import Role, User
from base.doors import administrators_only
from console.kit.dialogs import posted, show_form, way_back
from console.kit.forms import SearchForm
from console.kit.listing import count_up_to_limit, listing_of, query_without
from console.kit.requests import ConsoleRequest
from console.roles.forms import DeleteRoleForm, MembersForm, RoleForm

MEMBER_ORDERS = {
    "name": ["last_name", "first_name", "id"],
    "registered": ["registered_at", "id"],
}
# People offered for a role at once; more than these are found by typing more of the name.
OFFERED = 20


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every role with the number of its members; roles are few, so the list has no pages."""
    roles = Role.objects.in_order().annotate(member_count=Count("assignments"))
    return render(request, "console/roles/index.html", {"roles": roles})


@administrators_only
def create(request: ConsoleRequest) -> HttpResponse:
    form = RoleForm(posted(request))
    if form.is_valid():
        try:
            role = actions.create_role(**form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request, _("The role %(name)s was created. Add its members here.") % _name(role)
            )
            return redirect("console:role-detail", role.public_id)
    back = way_back(request, otherwise=reverse("console:role-list"))
    return show_form(request, "console/roles/create.html", form=form, back=back)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The members of a role."""
    role = _found(public_id)
    fragment = SearchForm(request.GET).fragment
    found = User.objects.in_role(role).matching(fragment)
    rows = found.prefetch_related(Prefetch("roles", Role.objects.in_order()))
    context = {
        "role": role,
        "products": role.products.order_by("name_key"),
        "q": fragment,
        "listing": listing_of(rows, request, orders=MEMBER_ORDERS, default="name"),
        "found": count_up_to_limit(found),
    }
    template = "console/roles/show.html"
    if request.htmx.target != "results":
        return render(request, template, context)
    return push_url(render(request, f"{template}#results", context), f"?{query_without(request)}")


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Rename or describe; built-in roles are refused by the action."""
    role = _found(public_id)
    initial = {"name": role.name, "description": role.description}
    form = RoleForm(posted(request), initial=initial)
    back = way_back(request, otherwise=_address(role))
    if form.is_valid():
        try:
            role = actions.edit_role(role=role, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The role %(name)s was saved.") % _name(role))
            return redirect(back)
    return show_form(request, "console/roles/edit.html", form=form, back=back, role=role)


@administrators_only
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """With members the box must be ticked, which says what they lose."""
    role = _found(public_id)
    form = DeleteRoleForm(posted(request))
    if form.is_valid():
        try:
            actions.delete_role(role=role, **form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The role %(name)s was deleted.") % _name(role))
            return redirect("console:role-list")
    return show_form(
        request,
        "console/roles/delete.html",
        form=form,
        back=way_back(request, otherwise=_address(role)),
        role=role,
        member_count=role.assignments.count(),
        products=role.products.order_by("name_key"),
    )


@administrators_only
def add_members(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Find people by name or address, tick them, add them."""
    role = _found(public_id)
    form = MembersForm(posted(request))
    if form.is_valid():
        result = actions.apply_to_each(
            form.cleaned_data["selected"],
            lambda user: actions.assign_role(user=user, role=role, by=request.user),
        )
        _tell(request, _added(role, len(result.done)), result)
        return redirect("console:role-detail", role.public_id)
    fragment = SearchForm(request.GET).fragment
    ticked = _ticked(request)
    context = {
        "role": role,
        "q": fragment,
        "ticked": ticked,
        "people": _offered(role, fragment, besides=ticked),
        "limit": OFFERED,
    }
    template = "console/roles/add_members.html"
    if request.htmx.target == "results":
        return render(request, f"{template}#results", context)
    return show_form(request, template, form=form, back=_address(role), **context)


@administrators_only(methods=["POST"])
def remove_members(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Take the role from the ticked people; each refusal is named."""
    role = _found(public_id)
    back = way_back(request, otherwise=_address(role))
    form = MembersForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Select at least one person."))
        return redirect(back)
    result = actions.apply_to_each(
        form.cleaned_data["selected"],
        lambda user: actions.remove_role(user=user, role=role, by=request.user),
    )
    _tell(request, _removed(role, result.done), result)
    return redirect(back)


def _found(public_id: UUID) -> Role:
    return get_object_or_404(Role, public_id=public_id)


def _ticked(request: ConsoleRequest) -> list[User]:
    """Whom the person ticked before they searched for somebody else."""
    form = MembersForm(request.GET)
    return list(form.cleaned_data["selected"]) if form.is_valid() else []


def _offered(role: Role, fragment: str, *, besides: list[User]) -> list[User]:
    """People who could be given the role; nobody for a role that nobody can be given."""
    if not role.is_assignable:
        return []
    people = User.objects.exclude(assignments__role=role).matching(fragment)
    people = people.exclude(pk__in=[user.pk for user in besides])
    return list(people.order_by("last_name", "first_name", "id")[: OFFERED + 1])


def _address(role: Role) -> str:
    return reverse("console:role-detail", args=[role.public_id])


def _name(role: Role) -> dict[str, str]:
    return {"name": role.name}


def _added(role: Role, count: int) -> str:
    text = ngettext(
        "%(count)d person now has the role %(name)s.",
        "%(count)d people now have the role %(name)s.",
        count,
    )
    return text % {"count": count, "name": role.name}


def _removed(role: Role, people: list[User]) -> str:
    if len(people) == 1:
        return _("%(person)s no longer has the role %(name)s.") % {
            "person": people[0].full_name,
            "name": role.name,
        }
    return _("%(count)d people no longer have the role %(name)s.") % {
        "count": len(people),
        "name": role.name,
    }


def _tell(request: ConsoleRequest, done: str, result: actions.BulkResult[User]) -> None:
    parts = [done] if result.done else []
    if result.skipped:
        names = "; ".join(f"{user.full_name}: {reason}" for user, reason in result.skipped)
        parts.append(
            _("%(count)d skipped. %(names)s") % {"count": len(result.skipped), "names": names}
        )
    level = messages.WARNING if result.skipped else messages.SUCCESS
    messages.add_message(request, level, " ".join(parts))
