"""How much of a password remains to be guessed once its patterns are known.

A measure of our own: zxcvbn for Python refuses more than 72 characters with an error and takes time
that grows faster than the length. This one reads a password once from left to right and stops as
soon as enough is found.
"""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

COMMON = Path(__file__).parent / "common_passwords.txt"
# Rows from the top, each key in its column; the second text of a row is with Shift.
LAYOUTS = {
    "qwerty": [
        ("1234567890-=", "!@#$%^&*()_+"),
        ("qwertyuiop[]", ""),
        ("asdfghjkl;'", ""),
        ("zxcvbnm,./", ""),
    ],
    "qwertz": [
        ("1234567890ß", '!"§$%&/()=?'),
        ("qwertzuiopü+", ""),
        ("asdfghjklöä#", ""),
        ("yxcvbnm,.-", ""),
    ],
    "azerty": [
        ("1234567890", "&é\"'(-è_çà"),
        ("azertyuiop^$", ""),
        ("qsdfghjklmù", ""),
        ("wxcvbn,;:!", ""),
    ],
    "йцукен": [
        ("1234567890-=", '!"№;%:?*()_+'),
        ("йцукенгшщзхъ", ""),
        ("фывапролджэ", ""),
        ("ячсмитьбю.", ""),
    ],
    "number pad": [("789", ""), ("456", ""), ("123", ""), (" 0", "")],
}
ALPHABETS = ["abcdefghijklmnopqrstuvwxyz", "0123456789", "абвгдежзийклмнопрстуфхцчшщъыьэюя"]
# Beside the letters-only entries of the list, which have eight letters or more.
_SHORT_WORDS = """
    pass word passwort password kennwort motdepasse parola senha admin administrator root user test
    guest login welcome willkommen bienvenue hello hallo bonjour secret geheim secreto letmein
    changeme change access qwerty azerty qwertz dragon monkey master love iloveyou shadow sunshine
    princess football baseball hockey soccer summer winter spring autumn fall sommer herbst
    fruehling january february march april june july august september october november december
    januar februar maerz juni juli oktober dezember monday tuesday wednesday thursday friday
    saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag today company
    office server service system network internet computer windows default temp demo sample example
    portal developer developers harbour harbor gateway london berlin paris america germany
    angel baby batman superman pokemon starwars killer hunter ranger tiger lion eagle flower
    cheese cookie coffee banana orange apple summer happy lucky michael jordan jennifer thomas
    daniel jessica ashley george charlie andrew matthew robert freedom whatever trustno money
    super star king queen lovely friend family house phone mobile security safe private
"""
SHORT_WORDS = _SHORT_WORDS.split()
SHORTEST_WORD, LONGEST_WORD = 4, 14
_LEET = [
    str.maketrans("0134578@$!|", "oieastbasil"),
    str.maketrans("0134579@$!|", "oleastgasil"),
]
# What is left to guess of a word that everybody thinks of, of one that stood there before, of a
# run of three, of a longer one, of a run that goes on as the one before ("qaz", "wsx", "edc").
WORD, WORD_AGAIN, RUN_OF_THREE, RUN, RUN_AGAIN = 2.5, 0.5, 1.5, 1.0, 0.5
OWN_WORD = 1.0
# Of two runs that alternate, of a year, of a day: there are some 30,000 of these.
WOVEN, YEAR, DATE = 2.0, 1.0, 4.0

# By their first letters.
Words = Mapping[str, Collection[str]]


def unpredictable(password: str, *, words: Collection[str] = (), enough: float = 128) -> float:
    """How many characters have to be guessed: 12 for "kV3-xP9.wQ7/", 2 for "qwertyuiopasdfgh".

    Runs along an alphabet or a row, column or diagonal of a keyboard, repeated characters and
    blocks, common words, ``words`` of the place, years and dates count for little. Stops counting at
    ``enough``.
    """
    text = password.casefold()
    block = _repeated_block(text)
    return (1 if block else 0) + _count(block or text, _by_beginning(_foldings(words)), enough)


def _count(text: str, own: Words, enough: float) -> float:
    spellings = {text, *(text.translate(leet) for leet in _LEET)}
    seen: set[str] = set()
    before: tuple[frozenset[object], int] = (_NOWHERE, 0)
    total, at = 0.0, 0
    while at < len(text) and total < enough:
        date = _date_at(text, at)
        run, directions = _run_at(text, at)
        woven = _woven_at(text, at)
        word = _word_at(spellings, at, own)
        longest = max(date, run, woven, len(word))
        here = (_NOWHERE, 0)
        if not longest:
            longest, cost = 1, 1.0
        elif longest == run:
            here = (directions, run)
            goes_on = run == before[1] and directions & before[0]
            cost = RUN_AGAIN if goes_on else RUN_OF_THREE if run == 3 else RUN
        elif longest == len(word):
            is_own = word in own.get(word[:SHORTEST_WORD], ())
            cost = WORD_AGAIN if word in seen else OWN_WORD if is_own else WORD
            seen.add(word)
        else:
            cost = WOVEN if longest == woven else DATE if date > 4 else YEAR
        total, at, before = total + cost, at + longest, here
    return total


def _run_at(text: str, at: int) -> tuple[int, frozenset[object]]:
    """The longest run that begins here and the directions that it keeps.

    0 below three characters, or two of "!!": nobody puts one mark where two do.
    """
    kept = _directions(text[at : at + 2])
    if not kept:
        return 0, _NOWHERE
    end = at + 2
    while end < len(text) and (still := kept & _directions(text[end - 1 : end + 1])):
        kept, end = still, end + 1
    if end - at == 2 and (text[at].isalnum() or kept is not _SAME):
        return 0, _NOWHERE
    return end - at, kept


def _woven_at(text: str, at: int) -> int:
    """How far two runs alternate: "q2w3e4r5", "a1b2c3"; 0 below six."""
    end = at + 2
    allowed = [_directions(text[at : at + 3 : 2]), _directions(text[at + 1 : at + 4 : 2])]
    while end < len(text):
        side = (end - at) % 2
        allowed[side] = allowed[side] & _directions(text[end - 2] + text[end])
        if not allowed[side]:
            break
        end += 1
    return end - at if end - at >= 6 else 0


def _word_at(spellings: Collection[str], at: int, own: Words) -> str:
    """The longest common word that begins here, in any spelling; or nothing."""
    longest = ""
    for spelling in spellings:
        beginning = spelling[at : at + SHORTEST_WORD]
        for known in (_known_words(), own):
            for word in known.get(beginning, ()):
                if len(word) > len(longest) and spelling.startswith(word, at):
                    longest = word
    return longest


def _date_at(text: str, at: int) -> int:
    """The length of a date or a year that begins here: "24.12.1990", "19901224", "2026"."""
    if not text[at].isdigit():
        return 0
    for length in (10, 9, 8):
        part = text[at : at + length]
        numbers = part.translate(_SEPARATORS).split(" ") if not part.isdigit() else _cut(part)
        if len(part) == length and _is_date(numbers):
            return length
    year = text[at : at + 4]
    return 4 if year.isdigit() and len(year) == 4 and _is_year(year) else 0


def _is_year(digits: str) -> bool:
    return "1940" <= digits <= "2039"


_SEPARATORS = str.maketrans(".-/_", "    ")


def _cut(digits: str) -> list[str]:
    if len(digits) != 8:
        return []
    if digits[:2] in {"19", "20"} and "01" <= digits[4:6] <= "12":
        return [digits[:4], digits[4:6], digits[6:]]
    return [digits[:2], digits[2:4], digits[4:]]


def _is_date(numbers: list[str]) -> bool:
    if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
        return False
    if len(numbers[0]) == 4:
        numbers = numbers[::-1]
    first, second, year = (int(number) for number in numbers)
    return (
        len(numbers[2]) == 4
        and 1940 <= year < 2040
        and 1 <= min(first, second) <= 12
        and 1 <= max(first, second) <= 31
    )


def _repeated_block(text: str) -> str:
    """The block that the text consists of, at least twice: "abc" of "abcabcabcab"; or nothing."""
    borders = [0] * len(text)
    border = 0
    for at in range(1, len(text)):
        while border and text[at] != text[border]:
            border = borders[border - 1]
        border += text[at] == text[border]
        borders[at] = border
    period = len(text) - (borders[-1] if borders else 0)
    return text[:period] if period * 2 <= len(text) else ""


def _directions(pair: str) -> frozenset[object]:
    return _steps().get(pair, _NOWHERE)


_NOWHERE: frozenset[object] = frozenset()


@cache
def _steps() -> dict[str, frozenset[object]]:
    """In which directions each pair of neighbours leads."""
    steps: dict[str, set[object]] = {}
    for alphabet in ALPHABETS:
        for at, letter in enumerate(alphabet):
            following = alphabet[(at + 1) % len(alphabet)]
            steps.setdefault(letter + following, set()).add("forwards")
            steps.setdefault(following + letter, set()).add("backwards")
            # Every other one: "acegik", "13579".
            for skipped in alphabet[at + 2 : at + 3]:
                steps.setdefault(letter + skipped, set()).add("forwards by two")
                steps.setdefault(skipped + letter, set()).add("backwards by two")
    keys: set[str] = set("".join(ALPHABETS))
    for name, rows in LAYOUTS.items():
        places = {
            key: (column, row)
            for row, texts in enumerate(rows)
            for text in texts
            for column, key in enumerate(text)
            if key != " "
        }
        keys |= set(places)
        for key, (column, row) in places.items():
            for other, (its_column, its_row) in places.items():
                way = (its_column - column, its_row - row)
                if way != (0, 0) and max(map(abs, way)) == 1:
                    steps.setdefault(key + other, set()).add((name, way))
    return _Same({pair: frozenset(ways) for pair, ways in steps.items()})


class _Same(dict[str, frozenset[object]]):
    """Knows that a character leads to itself, whichever it is."""

    def get(self, pair: str, default: frozenset[object] = _NOWHERE) -> frozenset[object]:  # type: ignore[override]
        if len(pair) == 2 and pair[0] == pair[1]:
            return _SAME
        return super().get(pair, default)


_SAME: frozenset[object] = frozenset({"same"})


@cache
def _known_words() -> Words:
    lines = COMMON.read_text(encoding="utf-8").split("\n")
    listed = (line for line in lines if line.isalpha() and len(line) <= LONGEST_WORD)
    return _by_beginning(_foldings([*listed, *SHORT_WORDS]))


def _by_beginning(words: Collection[str]) -> Words:
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(word[:SHORTEST_WORD], []).append(word)
    return found


def _foldings(words: Collection[str]) -> frozenset[str]:
    """The words as they are compared, forwards and backwards."""
    folded = {word.casefold() for word in words if len(word) >= SHORTEST_WORD}
    return frozenset(folded | {word[::-1] for word in folded})
