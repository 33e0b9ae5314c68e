"""The HTML that an edited letter may hold: an allow-list, told element by element.

Two parsers see every text. Python's names the line of what is not allowed; nh3, which reads HTML
as browsers do, must then find the very same elements in it. Whatever is sent has passed through
nh3 once more, with its values filled in.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any

import nh3
from django.conf import settings
from django.template.base import TokenType
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mail.letters import LINK, is_address
from mail.links import fault_of
from mail.wording import Problem, tokens_of

VOID = {"br", "hr"}
# The frame's style sheet (templates/mail/layout.html) knows these classes.
CLASSES = {
    **dict.fromkeys(["h1", "h2", "h3", "blockquote", "ul", "ol", "li", "pre", "hr"], frozenset()),
    **dict.fromkeys(["strong", "b", "em", "i", "code", "br"], frozenset()),
    "p": frozenset({"action", "small", "note", "last", "small last"}),
    "a": frozenset({"button", "address"}),
}
_CURES = {
    "img": gettext_lazy("Mail programs block images, and images tell senders who reads."),
    "style": gettext_lazy("The frame brings the style; use its classes."),
    "script": gettext_lazy("Mail programs run no scripts."),
    "div": gettext_lazy("Use <p>."),
    "span": gettext_lazy("Use <strong> or <em>."),
}

# What stands for the tags while HTML is read. No accepted text contains these characters.
_VALUE_OPENS, _VALUE_CLOSES, _IF, _ELSE, _ENDIF = "\ue000\ue001\ue002\ue003\ue004"
_MARKS = re.compile("[\ue000-\ue004]")
_ONE_VALUE = re.compile(f"{_VALUE_OPENS}([a-z0-9_]+){_VALUE_CLOSES}")
# Up to what ends an address in running text; a value in it counts as part of it.
_ADDRESS = re.compile(r"https?://[^\s<>\"'“”‘’„«»()\[\]]+", re.IGNORECASE)
_AFTER_ADDRESS = ".,;:!?…"


def faults_of_html(source: str) -> list[Problem]:
    """Everything in an HTML body that may not be sent; the source is one that ``read`` accepts."""
    marked = _marked(source)
    checker = _Checker()
    checker.feed(marked)
    checker.close()
    problems = checker.problems + checker.left_open()
    if not problems:
        problems = _seen_differently(marked)
    return problems


def faults_of_text(source: str) -> list[Problem]:
    """Addresses in a plain text, or a subject, that lead nowhere."""
    return list(_faults_of_addresses(_marked(source), first_line=1))


def link_is_clickable(source: str) -> bool:
    """Whether an element of the HTML body leads to ``{{ link }}``."""
    checker = _Checker()
    checker.feed(_marked(source))
    return LINK in checker.followed


def wash(html: str) -> str:
    """The body as it may be sent: only what is allowed, with whole addresses."""
    return _cleaner(settings.PUBLIC_URL).clean(html)


def _marked(source: str) -> str:
    """The source with each tag as a mark, in the same lines."""
    parts = []
    for token in tokens_of(source):
        if token.token_type == TokenType.VAR:
            parts.append(f"{_VALUE_OPENS}{token.contents}{_VALUE_CLOSES}")
        elif token.token_type == TokenType.BLOCK:
            word = token.contents.split()[0]
            parts.append({"if": _IF, "else": _ELSE, "endif": _ENDIF}[word])
        else:
            parts.append(token.contents)
    return "".join(parts)


@dataclass(frozen=True)
class _Element:
    tag: str
    line: int


class _Checker(HTMLParser):
    """Reads marked HTML and notes what is not allowed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.problems: list[Problem] = []
        self.followed: set[str] = set()
        self._open: list[_Element] = []
        # What was open where each condition began.
        self._conditions: list[list[_Element]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if _MARKS.search(tag):
            self._refuse(_("A variable cannot stand in the name of an element."))
        elif tag not in CLASSES:
            words = _("<%(tag)s> is not available. There are %(tags)s.")
            known = ", ".join(sorted(CLASSES))
            self._refuse(f"{words % {'tag': tag, 'tags': known}} {_CURES.get(tag, '')}".strip())
        else:
            self._attributes(tag, attrs)
        if tag not in VOID:
            self._open.append(_Element(tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()
            self._refuse(_("<%(tag)s/> closes nothing. Write </%(tag)s>.") % {"tag": tag})

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
            return
        words = _("</%(tag)s> closes nothing here.") % {"tag": tag}
        if self._open:
            last = self._open[-1]
            words += " " + _("<%(tag)s> of line %(line)d is open.") % {
                "tag": last.tag,
                "line": last.line,
            }
        self._refuse(words)
        if any(element.tag == tag for element in self._open):
            # Closed in the wrong order: said once.
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        first = self.getpos()[0]
        if "<" in data:
            line = first + data.count("\n", 0, data.index("<"))
            self.problems.append(Problem(line, _("Write &lt; for the sign itself.")))
        for mark in _MARKS.finditer(data):
            self._condition(mark[0], first + data.count("\n", 0, mark.start()))
        self.problems.extend(_faults_of_addresses(data, first_line=first))

    def handle_comment(self, data: str) -> None:
        self._refuse(_("Comments are not available here. Take it out."))

    def handle_decl(self, decl: str) -> None:
        self._refuse(_("The frame brings the beginning of the document. Take it out."))

    def handle_pi(self, data: str) -> None:
        self._refuse(_("Instructions such as <? … > are not available. Take it out."))

    def unknown_decl(self, data: str) -> None:
        self._refuse(_("Sections such as <![ … ]> are not available. Take it out."))

    def left_open(self) -> list[Problem]:
        """Elements without an end."""
        words = _("<%(tag)s> has no end. Write </%(tag)s>.")
        return [Problem(element.line, words % {"tag": element.tag}) for element in self._open]

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen: set[str] = set()
        for name, value in attrs:
            is_twice = name in seen
            seen.add(name)
            if is_twice:
                words = _("%(name)s stands twice in <%(tag)s>.")
                self._refuse(words % {"name": name, "tag": tag})
            elif tag == "a" and name == "href":
                self._address(value or "")
            elif _MARKS.search(name) or _MARKS.search(value or ""):
                self._refuse(_("In an element, a variable can only be the whole address in href."))
            elif name == "class" and CLASSES[tag]:
                if value not in CLASSES[tag]:
                    words = _("There is no class “%(value)s” for <%(tag)s>, but %(known)s.")
                    known = ", ".join(sorted(CLASSES[tag]))
                    self._refuse(words % {"value": value or "", "tag": tag, "known": known})
            else:
                words = _("%(name)s is not available in <%(tag)s>. Take it out.")
                self._refuse(words % {"name": name, "tag": tag})
        if tag == "a" and "href" not in seen:
            self._refuse(_("<a> leads nowhere: it has no href."))

    def _address(self, value: str) -> None:
        if whole := _ONE_VALUE.fullmatch(value):
            if is_address(whole[1]):
                self.followed.add(whole[1])
            else:
                words = _("{{ %(name)s }} is no address to lead to.")
                self._refuse(words % {"name": whole[1]})
        elif _MARKS.search(value):
            self._refuse(_("A variable in href must be the whole address."))
        elif fault := fault_of(value):
            self._refuse(f"href: {fault}")

    def _condition(self, mark: str, line: int) -> None:
        if mark == _IF:
            self._conditions.append(list(self._open))
        # Without one, the condition began inside an element, which has been told.
        elif mark in {_ELSE, _ENDIF} and self._conditions:
            if self._open != self._conditions[-1]:
                words = _("Both sides of a condition must close the elements that they open.")
                self.problems.append(Problem(line, words))
                self._open = list(self._conditions[-1])
            if mark == _ENDIF:
                self._conditions.pop()

    def _refuse(self, words: str) -> None:
        self.problems.append(Problem(self.getpos()[0], words))


def _faults_of_addresses(marked: str, *, first_line: int) -> Iterable[Problem]:
    for found in _ADDRESS.finditer(marked):
        address = found[0].rstrip(_AFTER_ADDRESS)
        fault = (
            _("An address cannot be put together from variables.")
            if _MARKS.search(address)
            else fault_of(address)
        )
        if fault:
            yield Problem(first_line + marked.count("\n", 0, found.start()), fault)


@cache
def _cleaner(base: str = "") -> nh3.Cleaner:
    """``base`` is put before addresses that begin with /; without it they stay as they are."""
    return nh3.Cleaner(
        tags=set(CLASSES),
        attributes={"a": {"href"}},
        tag_attribute_values={tag: {"class": set(known)} for tag, known in CLASSES.items()},
        url_schemes={"https", "http"},
        url_relative=("rewrite_with_base", f"{base}/") if base else "pass_through",
        link_rel=None,
    )


class _Reading(HTMLParser):
    """What a parser saw, for comparing: elements, their attributes, words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[int, Any]] = []
        self.feed(html)
        self.close()

    def _see(self, what: Any) -> None:
        self.seen.append((self.getpos()[0], what))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see((tag, sorted(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._see(("/", tag))

    def handle_data(self, data: str) -> None:
        if words := " ".join(data.split()):
            self._see(words)


def _seen_differently(marked: str) -> list[Problem]:
    """The line from which on a browser's parser sees other elements than are written there."""
    written = _Reading(marked).seen
    seen = [what for _line, what in _Reading(_cleaner().clean(marked)).seen]
    if [what for _line, what in written] == seen:
        return []
    same = next(
        (at for at, (one, other) in enumerate(zip(written, seen, strict=False)) if one[1] != other),
        len(seen),
    )
    line = written[min(same, len(written) - 1)][0] if written else 1
    words = _(
        "Mail programs read this otherwise than it is written. Look at which element stands in which, and write &amp; for &."
    )
    return [Problem(line, words)]
