"""The few words of template language that an edited letter may hold.

``{{ name }}`` with a name that the letter offers, ``{% if name %}``, ``{% if not name %}``,
``{% else %}`` and ``{% endif %}``: nothing else, no dots, no filters, no other tags. The text is
cut up by Django's own lexer, so that it looks like the originals, but Django's template engine
never sees it. What comes out is a tree of texts and names, and the only thing that a name can
reach is a dictionary of strings.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.template.base import Lexer, Token, TokenType
from django.utils.translation import gettext as _

# Django's lexer is quadratic in openings without an end: 50,000 characters of "{%" take it 29
# seconds, 300 openings in as long a text 0.1.
MOST_TAGS = 300
DEEPEST = 5

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_OPENINGS = re.compile(r"{{|{%|{#")
_LOOSE_ENDS = re.compile(r"{{|}}|{%|%}|{#|#}")
_EXCERPT = 40
# Joiners that emoji and some scripts need; every other invisible character only misleads.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Problem:
    """Why a text is refused, and where."""

    line: int
    words: str

    def __str__(self) -> str:
        return _("Line %(line)d: %(words)s") % {"line": self.line, "words": self.words}


class Refused(ValueError):
    """The text cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = sorted(problems, key=lambda problem: problem.line)


@dataclass(frozen=True)
class Value:
    """``{{ name }}``"""

    name: str


@dataclass(frozen=True)
class Choice:
    """``{% if name %}`` ... ``{% else %}`` ... ``{% endif %}``; ``wanted`` is False after ``not``."""

    name: str
    wanted: bool
    then: "Tree"
    otherwise: "Tree" = ()


Node = str | Value | Choice
Tree = tuple[Node, ...]


def read(source: str, names: Iterable[str], *, longest: int) -> Tree:
    """The tree of a text that uses ``names``. Raises Refused with every line that is wrong."""
    if len(source) > longest:
        words = _("At most %(most)d characters; this has %(count)d.")
        raise Refused([Problem(1, words % {"most": longest, "count": len(source)})])
    problems = list(_invisible(source))
    if len(_OPENINGS.findall(source)) > MOST_TAGS:
        raise Refused([Problem(1, _("At most %d variables and conditions.") % MOST_TAGS)])
    reader = _Reader(sorted(names))
    tree = reader.read(source)
    if problems or reader.problems:
        raise Refused([*problems, *reader.problems])
    return tree


def fill(tree: Tree, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """The text with its values, each ``escape``d; a condition holds when its value is not empty."""
    parts = []
    for node in tree:
        match node:
            case str():
                parts.append(node)
            case Value():
                parts.append(escape(values[node.name]))
            case Choice():
                holds = bool(values[node.name]) == node.wanted
                parts.append(fill(node.then if holds else node.otherwise, values, escape))
    return "".join(parts)


def always_says(tree: Tree, name: str) -> bool:
    """Whether the value is in the text whatever the conditions are, if there is one."""
    for node in tree:
        match node:
            case Value(name=said) if said == name:
                return True
            case Choice(name=asked) if asked == name:
                if always_says(node.then if node.wanted else node.otherwise, name):
                    return True
            case Choice():
                if always_says(node.then, name) and always_says(node.otherwise, name):
                    return True
    return False


def says_unasked(tree: Tree, name: str) -> bool:
    """Whether the value is shown somewhere without asking first that there is one."""
    for node in tree:
        match node:
            case Value(name=said) if said == name:
                return True
            case Choice(name=asked) if asked == name:
                if says_unasked(node.otherwise if node.wanted else node.then, name):
                    return True
            case Choice():
                if says_unasked(node.then, name) or says_unasked(node.otherwise, name):
                    return True
    return False


def names_in(tree: Tree) -> set[str]:
    """Every variable that the text shows or asks for."""
    found = set()
    for node in tree:
        match node:
            case Value():
                found.add(node.name)
            case Choice():
                found |= {node.name} | names_in(node.then) | names_in(node.otherwise)
    return found


def tokens_of(source: str) -> list[Token]:
    """Django's tokens of a text that ``read`` has accepted."""
    return Lexer(source).tokenize()


@dataclass
class _Open:
    """A condition that is being read."""

    line: int
    name: str
    wanted: bool
    then: list[Node]
    otherwise: list[Node] | None = None

    @property
    def here(self) -> list[Node]:
        return self.then if self.otherwise is None else self.otherwise

    def closed(self) -> Choice:
        return Choice(self.name, self.wanted, tuple(self.then), tuple(self.otherwise or ()))


class _Reader:
    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.problems: list[Problem] = []
        self._top: list[Node] = []
        self._open: list[_Open] = []

    def read(self, source: str) -> Tree:
        for token in Lexer(source).tokenize():
            match token.token_type:
                case TokenType.TEXT:
                    self._text(token)
                case TokenType.VAR:
                    self._add(Value(self._known(token.contents, token)))
                case TokenType.BLOCK:
                    self._tag(token)
                case TokenType.COMMENT:
                    self._refuse(token, _("Comments are not available here. Take it out."))
        for left in self._open:
            words = _("This condition has no end. Write {% endif %} where it ends.")
            self.problems.append(Problem(left.line, words))
        return tuple(self._top)

    def _add(self, node: Node) -> None:
        (self._open[-1].here if self._open else self._top).append(node)

    def _text(self, token: Token) -> None:
        for loose in _LOOSE_ENDS.finditer(token.contents):
            words = (
                _("“%(sign)s” begins something that does not end on this line.")
                if loose[0].startswith("{")
                else _("“%(sign)s” ends something that does not begin on this line.")
            )
            line = _line(token) + token.contents.count("\n", 0, loose.start())
            self.problems.append(Problem(line, words % {"sign": loose[0]}))
        self._add(token.contents)

    def _tag(self, token: Token) -> None:
        match token.contents.split():
            case ["if", "not", name]:
                self._begin(token, name, wanted=False)
            case ["if", name]:
                self._begin(token, name, wanted=True)
            case ["if", *_rest]:
                words = _("A condition asks for one variable, such as {%% if %(name)s %%}.")
                self._refuse(token, words % {"name": self.names[0]})
                # Its end is no second problem.
                self._open.append(_Open(_line(token), "", True, []))
            case ["else"]:
                self._otherwise(token)
            case ["endif"]:
                self._end(token)
            case _other:
                words = _(
                    "“{%% %(tag)s %%}” is not available. There are {%% if … %%}, {%% else %%} and {%% endif %%}."
                )
                self._refuse(token, words % {"tag": _excerpt(token.contents)})

    def _begin(self, token: Token, name: str, *, wanted: bool) -> None:
        if len(self._open) == DEEPEST:
            words = _("Conditions can stand in one another %(depth)d deep, no deeper.")
            self._refuse(token, words % {"depth": DEEPEST})
        self._open.append(_Open(_line(token), self._known(name, token), wanted, []))

    def _otherwise(self, token: Token) -> None:
        if not self._open or self._open[-1].otherwise is not None:
            self._refuse(token, _("This {% else %} belongs to no condition."))
        else:
            self._open[-1].otherwise = []

    def _end(self, token: Token) -> None:
        if not self._open:
            self._refuse(token, _("This {% endif %} ends no condition."))
        else:
            self._add(self._open.pop().closed())

    def _known(self, written: str, token: Token) -> str:
        """The name, if the letter has it; otherwise a problem with its cure."""
        if written in self.names:
            return written
        if not written:
            words = _("Write a variable's name between the brackets.")
        elif "|" in written:
            words = _("“%(written)s”: filters are not available, only whole names.")
        elif _NAME.fullmatch(written):
            words = _("This letter has no variable called “%(written)s”.")
        else:
            words = _("“%(written)s” is no variable: only whole names are, without dots or signs.")
        words %= {"written": _excerpt(written)}
        meant = re.sub(r"\W+", "_", written.partition("|")[0].strip())
        close = get_close_matches(meant[:_EXCERPT], self.names, n=1)
        cure = (
            _("Did you mean {{ %s }}?") % close[0]
            if close
            else _("Choose one of the list of variables.")
        )
        self._refuse(token, f"{words} {cure}")
        return written

    def _refuse(self, token: Token, words: str) -> None:
        self.problems.append(Problem(_line(token), words))


def _line(token: Token) -> int:
    return token.lineno or 1


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"


def _invisible(source: str) -> Iterable[Problem]:
    """Characters that nobody sees: they hide text, turn it round, or end a header."""
    for number, line in enumerate(source.split("\n"), start=1):
        for character in line:
            if character == "\t" or character in _JOINERS:
                continue
            # Control, format, surrogate, private, unassigned; line and paragraph separators.
            if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
                words = _("There is an invisible character (U+%04X). Remove it.")
                yield Problem(number, words % ord(character))
                break
