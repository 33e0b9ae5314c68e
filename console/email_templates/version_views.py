"""The versions of a letter: what differs, who wrote them, and the way back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from base.doors import administrators_only
from console.email_templates.forms import VersionForm
from console.email_templates.views import Words, words_of
from console.kit.confirm import ConfirmDialog, show_confirm_dialog
from console.kit.dialogs import posted, way_back
from console.kit.differences import Piece, difference
from console.kit.listing import listing_of
from console.kit.requests import ConsoleRequest
from mail.actions import restore_letter
from mail.drafts import Draft, draft_of
from mail.models import Wording
from mail.originals import original_of


@dataclass(frozen=True)
class Part:
    """One of the three parts of a letter, compared."""

    title: str
    pieces: list[Piece]

    @property
    def differs(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


@administrators_only(methods=["GET"])
def difference_to_original(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    """What an upgrade or a restored original would say instead."""
    words = words_of(letter, language)
    original = original_of(words.letter, language)
    context = {"words": words, "parts": _parts(original, words.draft or original)}
    return render(request, "console/email_templates/difference.html", context)


@administrators_only(methods=["GET"])
def versions(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    """Every version, the newest first."""
    words = words_of(letter, language)
    saved = Wording.objects.filter(kind=letter, language=language)
    listing = listing_of(saved, request, orders={"version": ["version"]}, default="-version")
    rows = [Words(words.letter, language, wording) for wording in listing.page.rows]
    context = {"words": words, "listing": listing, "rows": rows}
    return render(request, "console/email_templates/versions.html", context)


@administrators_only(methods=["GET"])
def show(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """One version, and what it changed."""
    wording = get_object_or_404(Wording, public_id=public_id)
    words = words_of(wording.kind, wording.language)
    before = Wording.objects.filter(
        kind=wording.kind, language=wording.language, version=wording.version - 1
    ).first()
    context = {
        "words": words,
        "shown": Words(words.letter, words.language, wording),
        "parts": _parts(_said(words, before), _said(words, wording)),
    }
    return render(request, "console/email_templates/version.html", context)


@administrators_only
def restore(request: ConsoleRequest, public_id: UUID) -> HttpResponse:
    """Let an earlier version hold again."""
    wording = get_object_or_404(Wording, public_id=public_id)
    words = words_of(wording.kind, wording.language)
    title = _("Restore version %(version)d of %(title)s?")
    title %= {"version": wording.version, "title": words.letter.title}
    return _restore(request, words, wording, title=title)


@administrators_only
def restore_original(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    """Let the letter say again what came with the service."""
    words = words_of(letter, language)
    title = _("Restore the original of %(title)s?") % {"title": words.letter.title}
    return _restore(request, words, None, title=title)


def _restore(
    request: ConsoleRequest, words: Words, wording: Wording | None, *, title: str
) -> HttpResponse:
    page = reverse("console:email-template-edit", args=[words.letter.kind, words.language])
    form = VersionForm(posted(request), initial={"version": words.version})
    if form.is_valid():
        try:
            restore_letter(
                kind=words.letter.kind,
                language=words.language,
                wording=wording,
                based_on=form.cleaned_data["version"],
                by=request.user,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The letter was restored. It is sent like this now."))
            return redirect(page)
    operation = ConfirmDialog(
        title=title,
        submit=_("Restore"),
        effects=[
            ("envelope", _("The letter is sent like this from now on.")),
            ("clock", _("The present text stays among the versions.")),
        ],
        crumbs=[
            (reverse("console:email-template-list"), _("Letters")),
            (page, f"{words.letter.title}, {words.language_name}"),
        ],
    )
    return show_confirm_dialog(
        request, operation, form=form, back=way_back(request, otherwise=page)
    )


def _said(words: Words, wording: Wording | None) -> Draft:
    """What a version said; the original as it is today where it said that."""
    return draft_of(wording) or original_of(words.letter, words.language)


def _parts(old: Draft, new: Draft) -> list[Part]:
    titles: dict[str, Any] = {"subject": _("Subject"), "text": _("Text"), "html": _("HTML")}
    return [
        Part(title, difference(getattr(old, name), getattr(new, name)))
        for name, title in titles.items()
    ]
