"""What every form page of the console shares; each is a dialog too (components/dialog.html)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from base.links import is_local_path


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: nothing before it was sent."""
    return request.POST if request.method == "POST" else None


def show_form(
    request: HttpRequest, template: str, *, form: BaseForm, back: str, **context: Any
) -> HttpResponse:
    """The page or dialog of a form; 422 when it comes back refused. ``back`` is where Cancel goes."""
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, "back": back, **context}, status=status)


def way_back(request: HttpRequest, *, otherwise: str) -> str:
    """The page this operation was opened from (``next``), if it is one of ours."""
    path = request.POST.get("next") or request.GET.get("next", "")
    return path if is_local_path(path) else otherwise


def sentence_of(refusal: ValidationError) -> str:
    """A refusal as one text, for a message."""
    return " ".join(refusal.messages)
