"""One developer: the page and everything that can be done with them."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.models import Session, User
from accounts.passwords import suggest_password
from base.doors import administrators_only, recent_password_required
from console.developers.forms import (
    ActivateForm,
    AddUserForm,
    BlockForm,
    DeleteForm,
    EditUserForm,
    NoteForm,
    RolesForm,
    SetPasswordForm,
)
from console.developers.page_data import effects_of_block, facts_of, why_not_block, why_not_delete
from console.kit.dialogs import posted, sentence_of, show_form, way_back
from console.kit.messages import tell_of_letters
from console.kit.requests import ConsoleRequest
from mail.status import mail_status
from packages.actions import Grant, add_user_with_package


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Everything about one developer."""
    user = _find(public_id)
    context = {
        "person": user,
        "tab": "overview",
        "why_not_block": why_not_block(user, by=request.user),
        "why_not_delete": why_not_delete(user, by=request.user),
        **facts_of(user),
    }
    return render(request, "console/developers/developer.html", context)


@administrators_only
def add(request: ConsoleRequest) -> HttpResponse:
    """Add user: active at once. Without a password a link to choose one is sent."""
    form = AddUserForm(posted(request))
    if form.is_valid():
        try:
            user, grant = add_user_with_package(**form.cleaned_data, by=request.user)
        except actions.AddressTaken as refusal:
            form.taken_by = refusal.user
            form.add_error(None, refusal)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _tell_added(request, user, grant)
            return redirect(_page_of(user))
    return show_form(
        request,
        "console/developers/add.html",
        form=form,
        back=way_back(request, otherwise=reverse("console:developer-list")),
        suggest=suggest_password(),
    )


@administrators_only
def edit(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    user = _find(public_id)
    back = way_back(request, otherwise=_page_of(user))
    fields = ["email", "first_name", "last_name", "time_zone", "language"]
    form = EditUserForm(posted(request), initial={name: getattr(user, name) for name in fields})
    if form.is_valid():
        try:
            user = actions.edit_user(user=user, **form.edits, by=request.user)
        except actions.AddressTaken as refusal:
            form.taken_by = refusal.user
            form.add_error(None, refusal)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The details of %(name)s were saved.") % _name(user))
            return redirect(back)
    return show_form(
        request,
        "console/developers/edit.html",
        form=form,
        back=back,
        person=user,
    )


@administrators_only
def note(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """What administrators tell each other about this person."""
    user = _find(public_id)
    form = NoteForm(posted(request), initial={"note": user.note})
    if form.is_valid():
        try:
            actions.edit_user(user=user, **form.edits, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The note was saved."))
            return redirect(_page_of(user))
    return show_form(
        request, "console/developers/note.html", form=form, back=_page_of(user), person=user
    )


@administrators_only
def roles(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    user = _find(public_id)
    back = way_back(request, otherwise=_page_of(user))
    form = RolesForm(posted(request), initial={"roles": user.roles.all()})
    if form.is_valid():
        try:
            actions.set_roles(
                user=user,
                roles=form.cleaned_data["roles"],
                seen=form.seen.get("roles"),
                by=request.user,
            )
        except ValidationError as refusal:
            form.add_error("roles", refusal)
        else:
            messages.success(request, _("The roles of %(name)s were saved.") % _name(user))
            return redirect(back)
    return show_form(request, "console/developers/roles.html", form=form, back=back, person=user)


@administrators_only
def block(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Lists what the block will hit, in numbers, before it asks."""
    user = _find(public_id)
    back = way_back(request, otherwise=_page_of(user))
    form = BlockForm(posted(request))
    if form.is_valid():
        effects = effects_of_block(user)
        try:
            user = actions.block_user(user=user, **form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _blocked(request, user, back, keys=len(effects.keys)))
            return redirect(back)
    return show_form(
        request,
        "console/developers/block.html",
        form=form,
        back=back,
        person=user,
        why_not=why_not_block(user, by=request.user),
        effects=effects_of_block(user),
    )


@administrators_only
def activate(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """The list posts here directly: nobody else feels it. The page is for links and no script."""
    user = _find(public_id)
    back = way_back(request, otherwise=_page_of(user))
    form = ActivateForm(posted(request))
    if form.is_valid():
        try:
            actions.activate_user(user=user, **form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("%(name)s is active again.") % _name(user))
            return redirect(back)
    return show_form(
        request,
        "console/developers/activate.html",
        form=form,
        back=back,
        person=user,
        effects=effects_of_block(user),
    )


@administrators_only
@recent_password_required
def delete(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    user = _find(public_id)
    form = DeleteForm(posted(request), user=user)
    if form.is_valid():
        try:
            actions.delete_user(user=user, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("%(name)s was deleted.") % _name(user))
            return redirect("console:developer-list")
    return show_form(
        request,
        "console/developers/delete.html",
        form=form,
        back=way_back(request, otherwise=_page_of(user)),
        person=user,
        why_not=why_not_delete(user, by=request.user),
        effects=effects_of_block(user),
    )


@administrators_only
def password(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Set a password for somebody else, who is told of it by mail."""
    user = _find(public_id)
    if user == request.user:
        # The page for one's own asks for the password in use, and keeps this session.
        return redirect("account_change_password")
    form = SetPasswordForm(posted(request))
    if form.is_valid():
        try:
            actions.set_password(user=user, **form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("The password of %(name)s was set.") % _name(user))
            return redirect(_page_of(user))
    return show_form(
        request,
        "console/developers/password.html",
        form=form,
        back=_page_of(user),
        person=user,
        suggest=suggest_password(),
    )


@administrators_only(methods=["POST"])
def password_link(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    user = _find(public_id)
    try:
        actions.send_password_link(user=user, by=request.user)
    except ValidationError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        to = {"email": user.email}
        tell_of_letters(
            request,
            leaves=_("A link to choose a password is on its way to %(email)s. It works for 2 days.")
            % to,
            waits=_(
                "A link to choose a password waits for %(email)s, because no mail leaves at the moment. It works for 2 days."
            )
            % to,
        )
    return redirect(way_back(request, otherwise=_page_of(user)))


@administrators_only(methods=["POST"])
def sessions_end(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Sign the person out everywhere; oneself everywhere but here."""
    user = _find(public_id)
    ended = actions.end_sessions(user=user, by=request.user, keep=_own_session(request, user))
    text = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended)
    messages.success(request, text % {"count": ended})
    return redirect(_page_of(user))


def _find(public_id: UUID) -> User:
    return get_object_or_404(User, public_id=public_id)


def _page_of(user: User) -> str:
    return reverse("console:developer-detail", args=[user.public_id])


def _name(user: User) -> dict[str, str]:
    return {"name": user.full_name}


def _own_session(request: ConsoleRequest, user: User) -> Session | None:
    """The session this request came with, when it is the person's own."""
    return getattr(request.session, "row", None) if user == request.user else None


def _tell_added(request: ConsoleRequest, user: User, grant: Grant | None) -> None:
    """What was made and what the person does next; amber when the package gave less than it names."""
    if user.has_usable_password():
        text = _("%(name)s was added and can sign in now.") % _name(user)
    else:
        text = (
            _("%(name)s was added. A link to choose a password is on its way to %(email)s.")
            if mail_status().is_working
            else _(
                "%(name)s was added. The link to choose a password waits for %(email)s, because no mail leaves at the moment."
            )
        )
        text %= {"name": user.full_name, "email": user.email}
    if grant is None:
        messages.success(request, text)
        return
    names = ", ".join(subscription.name for subscription in grant.subscriptions)
    if names:
        text += " " + _("They make the keys to %(products)s in the portal.") % {"products": names}
    text = " ".join([text, *(sentence for _product, sentence in grant.skipped)])
    tell = messages.warning if grant.skipped else messages.success
    tell(request, text)


def _blocked(request: ConsoleRequest, user: User, back: str, *, keys: int) -> str:
    """The result with a button that takes it back."""
    text = _("%(name)s is blocked.")
    if keys:
        text += " " + ngettext(
            "Their %(count)d key is refused from now on.",
            "Their %(count)d keys are refused from now on.",
            keys,
        )
    return render_to_string(
        "console/developers/undo.html",
        {
            "text": text % {**_name(user), "count": keys},
            "undo": reverse("console:developer-activate", args=[user.public_id]),
            "next": back,
        },
        request=request,
    )
