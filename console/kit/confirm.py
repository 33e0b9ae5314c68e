"""The one confirmation, page and dialog: a question, what it hits, its fields, two buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from console.kit.dialogs import show_form


@dataclass(frozen=True, kw_only=True)
class ConfirmDialog:
    """What ``console/kit/confirm.html`` shows. ``crumbs`` pair address and text; ``effects`` icon and text."""

    title: str
    submit: str
    lead: str = ""
    crumbs: Sequence[tuple[str, str]] = ()
    effects: Sequence[tuple[str, str]] = ()
    # Instead of "Cancel", where that is the action's own name.
    leave: str = ""
    # Felt by others or not undoable: a red button.
    is_danger: bool = False
    # Why it is refused, known before anybody tries: shown instead of fields and button.
    why_not: str = ""


def show_confirm_dialog(
    request: HttpRequest, dialog: ConfirmDialog, *, form: BaseForm, back: str, **context: Any
) -> HttpResponse:
    """As ``show_form``: 422 when the form comes back refused; ``back`` is where Cancel goes."""
    template = "console/kit/confirm.html"
    return show_form(request, template, form=form, back=back, dialog=dialog, **context)
