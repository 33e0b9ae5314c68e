"""Names of people and things, as typed by strangers and shown to others."""

import re
import unicodedata
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What mail programs make a link of by themselves: a scheme, or labels with dots and no space
# between them whose last could be a top-level domain.
_SCHEME = re.compile(r"://|\bwww\.|\b(?:mailto|tel|sms):", re.IGNORECASE)
_IP_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_WORD = re.compile(r"[^\s/:@,;()<>\"]+")
_TOP_LEVEL = re.compile(r"xn--[\w-]|[^\W\d_]{2}")
# "evil .example": nobody writes a name so, and a reader takes it for an address all the same.
_SPACED_HOST = re.compile(r"\w\s+\.\s*[a-z]{2,}\b")
# Dots that address bars read as one, beside those that NFKC folds.
_DOTS = str.maketrans({"\u3002": ".", "\uff61": "."})
# What people write before their name without a space: "Dr.Smith", "St.John", "M.Sc.".
_TITLES = {
    *["dr", "prof", "st", "ste", "mr", "mrs", "ms", "mx", "jr", "sr", "rev", "hon", "ing", "dipl"],
    *["mag", "dott", "sra", "dra", "lic", "ph", "med", "phil", "jur", "mt", "capt", "col", "lt"],
}
_DEGREES = {"sc", "ed"}
# Top-level domains that could follow an initial ("T.Me", "X.Com"); all of two letters could.
_SHORT_DOMAINS = {
    *["com", "net", "org", "edu", "gov", "info", "biz", "app", "dev", "xyz", "top", "shop", "site"],
    *["link", "live", "cloud", "online", "store", "page", "click", "example", "test", "invalid"],
}
# What makes a link of a host in the name of a thing.
_AFTER_HOST = {"/", ":", "@"}
REMOVED = "…"


def clean_name(value: str) -> str:
    """A person's name in NFC with single spaces.

    Names reach mail subjects and the letters of other people, so control and formatting
    characters (header injection, hidden text) and whatever mail programs make a link of (phishing
    through an invitation or a profile) are refused with a ValidationError. "Dr. J. St. John-Smith"
    and "A.J. Brown" are names.
    """
    text = _tidy(value)
    if _SCHEME.search(_folded(text)):
        raise ValidationError(_("A name cannot contain a link."))
    if _links_in(text):
        raise ValidationError(
            _("A name cannot contain a link. Put a space after a dot, as in “A. J. Brown”.")
        )
    return text


def clean_strangers_name(value: str) -> str:
    """As ``clean_name``, for a name that anybody may give to anybody: no slash in it, either."""
    text = clean_name(value)
    if "/" in text or "\\" in text:
        raise ValidationError(_("A name cannot contain a link."))
    return text


def clean_title(value: str) -> str:
    """The name of a thing, as ``clean_name``: a product may be called Node.js, but no link."""
    text = _tidy(value)
    folded = _folded(text)
    # A host with a path, a port or a user: no thing is called so.
    is_deep = any(
        folded[end : end + 1] in _AFTER_HOST or folded[start - 1 : start] == "@"
        for start, end in _hosts_in(folded)
    )
    if is_deep or _SCHEME.search(folded):
        raise ValidationError(_("A name cannot contain a link."))
    return text


def without_links(name: str) -> str:
    """The name with an ellipsis for each link: for emails about rows older than ``clean_name``."""
    spans = _links_in(name)
    if not spans:
        return name
    words: list[str] = []
    for word in re.finditer(r"\S+", name):
        is_link = any(start < word.end() and word.start() < end for start, end in spans)
        if not (is_link and words[-1:] == [REMOVED]):
            words.append(REMOVED if is_link else word.group())
    return " ".join(words)


def _tidy(value: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in text):
        raise ValidationError(_("Remove the invisible characters from the name."))
    return text


def _folded(text: str) -> str:
    """As mail programs and address bars read it, character for character."""
    return "".join(
        folded if len(folded := unicodedata.normalize("NFKC", character)) == 1 else character
        for character in text
    ).translate(_DOTS)


def _links_in(text: str) -> list[tuple[int, int]]:
    """Where the links of a person's name are."""
    folded = _folded(text)
    found = [
        match
        for pattern in (_SCHEME, _IP_ADDRESS, _SPACED_HOST)
        for match in pattern.finditer(folded)
    ]
    return [match.span() for match in found] + _hosts_in(folded)


def _hosts_in(folded: str) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(folded) if _is_host(match.group())]


def _is_host(word: str) -> bool:
    """Whether two labels beside each other read like a host: "evil.example", not "St.John"."""
    labels = word.split(".")
    is_name_so_far = True
    for label, after in pairwise(labels):
        is_name_so_far = is_name_so_far and (
            len(label) <= 1 or (label.lower() in _TITLES and label[0].isupper())
        )
        if label and _TOP_LEVEL.match(after) and not (is_name_so_far and _follows_title(after)):
            return True
    return False


def _follows_title(label: str) -> bool:
    """Whether a name could go on so behind an initial or a title: "Smith", "Sc", "Dr"."""
    folded = label.lower()
    if label[0].islower():
        return False
    if folded in _TITLES or folded in _DEGREES:
        return True
    return len(label) > 2 and folded not in _SHORT_DOMAINS


def split_name(full_name: str) -> tuple[str, str]:
    """First and last name of "Sofia Brandt", "Brandt, Sofia" or "Ludwig van Beethoven".

    A guess that the person may correct: one word alone is a first name.
    """
    last, comma, first = full_name.partition(",")
    if comma and first.strip() and last.strip():
        return " ".join(first.split()), " ".join(last.split())
    words = full_name.replace(",", " ").split()
    if len(words) < 2:
        return "".join(words), ""
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def name_from_address(address: str) -> tuple[str, str]:
    """What to call somebody of whom only the address is known: "sofia.brandt@" is Sofia Brandt.

    The last name is empty unless the part before the @ is plainly two words.
    """
    local = address.partition("@")[0].partition("+")[0] or address.partition("@")[0]
    words = [word for word in re.split(r"[._]", local) if word]
    if len(words) == 2 and all(word.isalpha() and len(word) > 1 for word in words):
        return words[0].capitalize(), words[1].capitalize()
    # Without dots: "s.brandt" would read like the name of a host.
    local = " ".join(local.replace(".", " ").split())
    return (local[:1].upper() + local[1:])[:100], ""
