"""An edited letter as a whole: what is checked when it is saved, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from mail.letters import LINK, Letter
from mail.markup import faults_of_html, faults_of_text, link_is_clickable, wash
from mail.models import Wording
from mail.templatetags.letters import moment
from mail.wording import (
    Problem,
    Refused,
    Tree,
    always_says,
    fill,
    read,
    says_unasked,
    tokens_of,
)

_EXCERPT = 30

LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_HTML = 200, 20_000, 50_000


@dataclass(frozen=True, kw_only=True)
class Written:
    """The three parts with their values: the subject on one line, the HTML safe to send."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The three parts as somebody wrote them, in the words of ``mail.wording``."""

    subject: str
    text: str
    html: str

    def write(self, letter: Letter, facts: Mapping[str, Any]) -> Written:
        """Fill the values in; ``facts`` are what the letter's templates would be given.

        In the active language and time zone. Raises Refused for a text that the letter cannot
        fill (any more).
        """
        subject, text, html = self._read(letter)
        values = values_of(letter, facts)
        return Written(
            subject=" ".join(fill(subject, values).split()),
            text=fill(text, values),
            html=wash(fill(html, values, _escaped)),
        )

    def faults(self, letter: Letter) -> dict[str, list[Problem]]:
        """What is wrong with each part; empty for a draft that can be sent."""
        found = {
            "subject": self._faults_of_subject(letter),
            "text": _faults_of_body(self.text, letter, longest=LONGEST_TEXT, is_html=False),
            "html": _faults_of_body(self.html, letter, longest=LONGEST_HTML, is_html=True),
        }
        return {part: problems for part, problems in found.items() if problems}

    def is_readable(self, letter: Letter) -> bool:
        """Whether the letter can still fill it in; the rest of what can be wrong stops nothing."""
        try:
            self._read(letter)
        except Refused:
            return False
        return True

    def check(self, letter: Letter) -> None:
        """Raises ValidationError with the faults of each part, line by line."""
        if faults := self.faults(letter):
            raise ValidationError(
                {part: [self._told(part, fault) for fault in faults[part]] for part in faults}
            )

    def _told(self, part: str, fault: Problem) -> str:
        """With the beginning of its line, for long lines wrap and cannot be counted on a screen."""
        if part == "subject":
            return fault.words
        line = getattr(self, part).split("\n")[fault.line - 1].strip()
        start = line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"
        told = (
            _("Line %(line)d, “%(start)s”: %(words)s") if start else _("Line %(line)d: %(words)s")
        )
        return told % {"line": fault.line, "start": start, "words": fault.words}

    def _read(self, letter: Letter) -> tuple[Tree, Tree, Tree]:
        names = letter.offered
        return (
            read(self.subject, names, longest=LONGEST_SUBJECT),
            read(self.text, names, longest=LONGEST_TEXT),
            read(self.html, names, longest=LONGEST_HTML),
        )

    def _faults_of_subject(self, letter: Letter) -> list[Problem]:
        if not self.subject.strip():
            return [Problem(1, _("Write a subject."))]
        if "\n" in self.subject:
            return [Problem(1, _("A subject is one line."))]
        # Lists of letters show the subject to whoever looks over a shoulder.
        names = [name for name in letter.offered if name != LINK]
        try:
            read(self.subject, names, longest=LONGEST_SUBJECT)
        except Refused as refusal:
            return refusal.problems
        return faults_of_text(self.subject)


def draft_of(wording: Wording | None) -> Draft | None:
    """The text of a version; None for one that is the original again."""
    if wording is None or not wording.text:
        return None
    return Draft(subject=wording.subject, text=wording.text, html=wording.html)


def newest_wording(kind: str, language: str) -> Wording | None:
    """The version that holds, if the letter was ever edited."""
    versions = Wording.objects.filter(kind=kind, language=language)
    return versions.order_by("-version").first()


def newest_wordings() -> dict[tuple[str, str], Wording]:
    """The version that holds of every letter that was ever edited, by kind and language."""
    newest = Wording.objects.values("kind", "language").annotate(newest=Max("pk"))
    found = Wording.objects.filter(pk__in=newest.values("newest"))
    return {(wording.kind, wording.language): wording for wording in found}


def values_of(letter: Letter, facts: Mapping[str, Any]) -> dict[str, str]:
    """Every name that the letter offers with its value as a plain string, empty if it has none.

    Nothing but strings: no object whose attributes, and no string whose promises, could be used.
    """
    service = facts["service"]
    known = {"service_name": service.name, "support_address": service.support_address, **facts}
    return {name: _plain(known.get(name)) for name in letter.offered}


def _plain(value: Any) -> str:
    """What is false in a template is nothing here, so that conditions mean the same."""
    if not value:
        return ""
    return moment(value) if isinstance(value, datetime) else str(value)


def _escaped(value: str) -> str:
    """For HTML, with the lines of a note kept; the standard library knows no safe strings."""
    return escape(value).replace("\r\n", "\n").replace("\n", "<br>")


def _faults_of_body(source: str, letter: Letter, *, longest: int, is_html: bool) -> list[Problem]:
    if not source.strip():
        return [Problem(1, _("Write the letter."))]
    try:
        tree = read(source, letter.offered, longest=longest)
    except Refused as refusal:
        return refusal.problems
    if problems := faults_of_html(source) if is_html else faults_of_text(source):
        return problems
    return _faults_of_link(source, tree, letter, is_html=is_html) if letter.must_have_link else []


def _faults_of_link(source: str, tree: Tree, letter: Letter, *, is_html: bool) -> list[Problem]:
    """What stands in the way of a reader who has a link, or of one who has none."""
    if not always_says(tree, LINK):
        words = _("Without {{ link }} nobody can follow this letter. Add it outside conditions.")
        return [Problem(_last_line(source), words)]
    if letter.link_is_optional and says_unasked(tree, LINK):
        words = _(
            "People who have a password get no link. Write {% if link %} before what is about it and {% endif %} behind."
        )
        return [Problem(_line_of_link(source), words)]
    if is_html and not link_is_clickable(source):
        words = _('Nothing leads to the link. Add <a class="button" href="{{ link }}">…</a>.')
        return [Problem(_last_line(source), words)]
    return []


def _line_of_link(source: str) -> int:
    found = next(
        (token for token in tokens_of(source) if token.contents.split()[:1] == [LINK]), None
    )
    return found.lineno or 1 if found else _last_line(source)


def _last_line(source: str) -> int:
    return source.rstrip().count("\n") + 1
