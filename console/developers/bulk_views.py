"""One operation on many developers, with a result that says who was left out and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.models import User, UserQuerySet
from base.doors import administrators_only
from console.developers.filters import DevelopersFilter
from console.developers.forms import BulkForm
from console.developers.page_data import effects_of_blocks
from console.kit.listing import BULK_LIMIT, Count, count_up_to_limit
from console.kit.requests import ConsoleRequest

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Operation:
    """``applies_to`` says who is not in the wanted state already; the others are left alone."""

    applies_to: Callable[[dict[str, Any]], Q]
    apply: Callable[[User, dict[str, Any], User], object]
    done: Callable[[int, dict[str, Any]], str]
    already: Callable[[int], str]
    asks_first: bool = True


@administrators_only(methods=["POST"])
def bulk(request: ConsoleRequest) -> HttpResponse:
    """Ask where it is felt by others, else act; then back to the list as it was filtered."""
    form, filters = BulkForm(request.POST), DevelopersFilter(request.POST)
    filter_fits = filters.is_valid()
    back = _list_address(request)
    if not form.is_valid():
        messages.error(request, _("Choose what to do from the buttons above the list."))
        return redirect(back)
    if form.cleaned_data["everyone"] and not filter_fits:
        # What makes no sense narrows nothing: "all that match" would be all there are.
        messages.error(request, _("The filter of the list no longer fits. Look at the list again."))
        return redirect(back)
    people = form.people(filters)
    count = count_up_to_limit(people)
    refusal = _refusal(count)
    if refusal:
        messages.error(request, refusal)
        return redirect(back)
    operation = OPERATIONS[form.cleaned_data["action"]]
    if operation.asks_first and not _is_answered(form):
        return _ask(request, form, filters, back=back)
    _act(request, operation, form.cleaned_data, people)
    return redirect(back)


def _refusal(count: Count) -> str:
    if not count:
        return _("Select at least one developer.")
    if count.number > BULK_LIMIT:
        return _("%(count)s developers are too many at once. Narrow the list to %(limit)s.") % {
            "count": count,
            "limit": BULK_LIMIT,
        }
    return ""


def _is_answered(form: BulkForm) -> bool:
    needs_role = form.cleaned_data["action"] in {"add-role", "remove-role"}
    role_given = bool(form.cleaned_data["given_role"])
    return form.cleaned_data["confirmed"] and (role_given or not needs_role)


def _ask(
    request: ConsoleRequest, form: BulkForm, filters: DevelopersFilter, *, back: str
) -> HttpResponse:
    people = form.people(filters)
    others = people.exclude(pk=request.user.pk).order_by("-registered_at", "-id")
    context = {
        # Unbound, with what was chosen: the question is not a refusal.
        "form": BulkForm(initial=form.cleaned_data),
        "chosen": form.cleaned_data,
        "selected": form.selected(),
        "filters": filters,
        "sort": request.POST.get("sort", ""),
        "count": people.count(),
        "names": [user.full_name for user in others.active()[:NAMES_SHOWN]],
        "more": max(others.active().count() - NAMES_SHOWN, 0),
        "will_be_blocked": others.active().count(),
        "effects": effects_of_blocks(others.active()),
        "already_blocked": others.blocked().count(),
        "includes_self": people.filter(pk=request.user.pk).exists(),
        "back": back,
    }
    page = "bulk_block" if form.cleaned_data["action"] == "block" else "bulk_role"
    return render(request, f"console/developers/{page}.html", context)


def _act(
    request: ConsoleRequest, operation: Operation, chosen: dict[str, Any], people: UserQuerySet
) -> None:
    fitting = operation.applies_to(chosen)
    wanted = list(people.filter(fitting).order_by("id"))
    already = people.exclude(pk__in=[user.pk for user in wanted]).count()
    result = actions.apply_to_each(wanted, lambda user: operation.apply(user, chosen, request.user))
    sentences = [operation.done(len(result.done), chosen)] if result.done else []
    if already:
        sentences.append(operation.already(already))
    for reason, count in Counter(reason for _user, reason in result.skipped).items():
        sentences.append(
            _("%(count)d skipped: %(reason)s")
            % {"count": count, "reason": reason[:1].lower() + reason[1:]}
        )
    text = " ".join(sentences)
    if not result.done:
        messages.warning(request, text)
    elif chosen["action"] == "block":
        messages.success(request, _with_undo(request, text, result.done))
    else:
        messages.success(request, text)


def _with_undo(request: ConsoleRequest, text: str, blocked: list[User]) -> str:
    """The result with a button that activates those just blocked, and nobody else."""
    return render_to_string(
        "console/developers/undo.html",
        {
            "text": text,
            "undo": reverse("console:developer-bulk"),
            "blocked": blocked,
            "filters": DevelopersFilter(request.POST),
            "back": request.POST,
        },
        request=request,
    )


def _list_address(request: ConsoleRequest) -> str:
    """The list with the filters that were posted beside the selection."""
    query = request.POST.copy()
    for name in list(query):
        if name not in {*DevelopersFilter.base_fields, "sort"} or not query[name]:
            del query[name]
    address = reverse("console:developer-list")
    return f"{address}?{query.urlencode()}" if query else address


def _in_role(chosen: dict[str, Any]) -> Q:
    return Q(pk__in=chosen["given_role"].assignments.values("user"))


OPERATIONS = {
    "activate": Operation(
        applies_to=lambda chosen: Q(state=User.State.BLOCKED),
        apply=lambda user, chosen, by: actions.activate_user(user=user, by=by),
        done=lambda count, chosen: (
            ngettext("%(count)d developer activated.", "%(count)d developers activated.", count)
            % {"count": count}
        ),
        already=lambda count: (
            ngettext("%(count)d was active already.", "%(count)d were active already.", count)
            % {"count": count}
        ),
        asks_first=False,
    ),
    "block": Operation(
        applies_to=lambda chosen: Q(state=User.State.ACTIVE),
        apply=lambda user, chosen, by: actions.block_user(
            user=user, by=by, reason=chosen["reason"], tell=chosen["tell"]
        ),
        done=lambda count, chosen: (
            ngettext("%(count)d developer blocked.", "%(count)d developers blocked.", count)
            % {"count": count}
        ),
        already=lambda count: (
            ngettext("%(count)d was blocked already.", "%(count)d were blocked already.", count)
            % {"count": count}
        ),
    ),
    "add-role": Operation(
        applies_to=lambda chosen: ~_in_role(chosen),
        apply=lambda user, chosen, by: actions.assign_role(
            user=user, role=chosen["given_role"], by=by
        ),
        done=lambda count, chosen: (
            ngettext(
                "%(count)d developer added to %(role)s.",
                "%(count)d developers added to %(role)s.",
                count,
            )
            % {"count": count, "role": chosen["given_role"]}
        ),
        already=lambda count: (
            ngettext("%(count)d was in it already.", "%(count)d were in it already.", count)
            % {"count": count}
        ),
    ),
    "remove-role": Operation(
        applies_to=_in_role,
        apply=lambda user, chosen, by: actions.remove_role(
            user=user, role=chosen["given_role"], by=by
        ),
        done=lambda count, chosen: (
            ngettext(
                "%(count)d developer removed from %(role)s.",
                "%(count)d developers removed from %(role)s.",
                count,
            )
            % {"count": count, "role": chosen["given_role"]}
        ),
        already=lambda count: (
            ngettext("%(count)d was not in it.", "%(count)d were not in it.", count)
            % {"count": count}
        ),
    ),
}
