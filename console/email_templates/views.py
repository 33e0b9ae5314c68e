"""The words of letters: read, edit, try out."""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.csp import CSP
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from base.doors import LONG_TEXT, administrators_only
from console.activity.events import name_of
from console.email_templates.forms import LetterForm, PreviewForm
from console.kit.dialogs import posted
from console.kit.messages import tell_of_letters
from console.kit.requests import ConsoleRequest
from mail.actions import ChangedMeanwhile, edit_letter, send_test_letter
from mail.drafts import Draft, draft_of, newest_wording, newest_wordings
from mail.letters import Letter, UnknownLetter, all_letters, letter_of
from mail.models import Wording
from mail.originals import original_of
from mail.trials import as_shown, try_out
from mail.wording import Refused
from service.models import current_service

EDIT = "console/email_templates/edit.html"
# A letter brings its own style; nothing else runs, loads or leaves, and only this site shows it.
PREVIEW_POLICY: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "",
}
_BODY = re.compile(r"<body\b[^>]*>")


@dataclass(frozen=True)
class Words:
    """A letter in one language, as it is now."""

    letter: Letter
    language: str
    wording: Wording | None

    @property
    def draft(self) -> Draft | None:
        return draft_of(self.wording)

    @property
    def version(self) -> int:
        return self.wording.version if self.wording else 0

    @property
    def author(self) -> str:
        return name_of(self.wording.author_label) if self.wording else ""

    @property
    def language_name(self) -> str:
        return str(get_language_info(self.language)["name_translated"])

    @property
    def faults(self) -> list[str]:
        """What an upgrade has made wrong with an edited text, so that it cannot be saved as it is."""
        found = self.draft.faults(self.letter) if self.draft else {}
        return [str(fault) for faults in found.values() for fault in faults]

    @property
    def is_sent(self) -> bool:
        """False for an edited text that cannot be filled in: the original is sent instead."""
        return self.draft is None or self.draft.is_readable(self.letter)

    @property
    def state(self) -> str:
        """As ``components/state.html`` shows it."""
        if self.draft is None:
            return "original"
        if not self.is_sent:
            return "unusable"
        return "faulty" if self.faults else "edited"


@administrators_only(methods=["GET"])
def index(request: ConsoleRequest) -> HttpResponse:
    """Every letter in every language; they are few, so the list has no pages."""
    newest = newest_wordings()
    rows = [
        [
            Words(letter, language, newest.get((letter.kind, language)))
            for language, _name in settings.LANGUAGES
        ]
        for letter in all_letters()
        if letter.variables
    ]
    return render(request, "console/email_templates/index.html", {"rows": rows})


@administrators_only(body=LONG_TEXT)
def edit(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    words = words_of(letter, language)
    form = LetterForm(posted(request), initial=_initial(words))
    theirs = None
    if form.is_valid():
        try:
            is_new = edit_letter(
                kind=letter,
                language=language,
                draft=form.draft,
                based_on=form.cleaned_data["version"],
                by=request.user,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
            theirs = refusal.newest if isinstance(refusal, ChangedMeanwhile) else None
        else:
            said = _("The letter was saved. It is sent in these words from now on.")
            messages.success(request, said if is_new else _("The letter says that already."))
            return redirect("console:email-template-edit", letter, language)
    return _page(request, words, form, theirs=theirs)


@administrators_only(body=LONG_TEXT)
def test(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    """Send what is typed, saved or not, to whoever typed it. The page keeps it."""
    words = words_of(letter, language)
    if request.method != "POST":
        # The answer to a POST keeps this address in the browser's bar.
        return redirect("console:email-template-edit", letter, language)
    form = LetterForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            send_test_letter(
                kind=letter,
                language=language,
                draft=form.draft,
                to=request.user.email,
                zone=request.user.time_zone,
                by=request.user,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            status = 200
            to = {"to": request.user.email}
            tell_of_letters(
                request,
                leaves=_("A test is on its way to %(to)s. Nothing is saved by it.") % to,
                waits=_(
                    "A test to %(to)s waits, because no mail leaves at the moment. Nothing is saved by it."
                )
                % to,
            )
    return _page(request, words, form, status=status)


@administrators_only(body=LONG_TEXT)
@xframe_options_sameorigin
@csp_override(PREVIEW_POLICY)
def preview(request: ConsoleRequest, letter: str, language: str) -> HttpResponse:
    """The letter as a mail program shows it: what is sent now, or what a POST brings."""
    words = words_of(letter, language)
    if request.method != "POST":
        draft = words.draft if words.is_sent else None
        return _shown(words, draft, look=request.GET.get("look", ""), facts={}, whose="")
    form, chosen = LetterForm(request.POST), PreviewForm(request.POST)
    if not (form.is_valid() and chosen.is_valid()):
        return _refused([*_errors_of(form), *_errors_of(chosen)])
    person = chosen.cleaned_data["person"]
    facts = words.letter.facts_of(person) if person else {}
    if facts is None:
        return _refused([_("There is nothing that this letter could tell %s.") % person])
    try:
        form.draft.check(words.letter)
    except ValidationError as refusal:
        form.refuse(refusal)
        return _refused(_errors_of(form))
    look = chosen.cleaned_data["look"]
    return _shown(words, form.draft, look=look, facts=facts, whose=person)


def words_of(kind: str, language: str) -> Words:
    """Raises Http404 for a letter or a language that there is not."""
    try:
        letter = letter_of(kind)
    except UnknownLetter:
        raise Http404 from None
    if not letter.variables or language not in dict(settings.LANGUAGES):
        raise Http404
    return Words(letter, language, newest_wording(kind, language))


def _initial(words: Words) -> dict[str, Any]:
    draft = words.draft or original_of(words.letter, words.language)
    parts = {"subject": draft.subject, "text": draft.text, "html": draft.html}
    return parts | {"version": words.version}


def _page(
    request: ConsoleRequest,
    words: Words,
    form: LetterForm,
    *,
    theirs: Wording | None = None,
    status: int | None = None,
) -> HttpResponse:
    context = {
        "words": words,
        "form": form,
        "theirs": theirs,
        "preview_form": PreviewForm(posted(request)),
        "languages": settings.LANGUAGES,
        "condition": "{% if " + next(iter(words.letter.offered)) + " %} … {% else %} … {% endif %}",
        "variables": [(f"{{{{ {name} }}}}", told) for name, told in words.letter.offered.items()],
    }
    return render(request, EDIT, context, status=status or (422 if form.is_bound else 200))


def _shown(
    words: Words, draft: Draft | None, *, look: str, facts: dict[str, Any], whose: str
) -> HttpResponse:
    try:
        email = try_out(
            words.letter,
            facts={"service": current_service()} | facts,
            draft=draft,
            language=words.language,
        )
    except Refused as refusal:
        return _refused([str(problem) for problem in refusal.problems])
    is_dark = look == "dark"
    context = {"email": email, "whose": whose, "is_dark": is_dark}
    if look == "text":
        return HttpResponse(render_to_string("mail/preview_text.html", context))
    head = render_to_string("mail/_preview_head.html", context)
    shown = as_shown(email, dark=is_dark)
    return HttpResponse(_BODY.sub(lambda body: body[0] + head, shown, count=1))


def _refused(problems: list[str]) -> HttpResponse:
    html = render_to_string("mail/preview_refused.html", {"problems": problems})
    return HttpResponse(html, status=422)


def _errors_of(form: LetterForm | PreviewForm) -> list[str]:
    """Each refusal with the field it is about."""
    return [
        f"{form.fields[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    ]
