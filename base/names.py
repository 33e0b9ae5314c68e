"""Names of people and things, as typed by strangers and shown to others."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What mail programs make a link of by themselves.
_HOST = re.compile(r"[/\\]|\w\.[a-z]{2,}\b", re.IGNORECASE)
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def clean_name(value: str) -> str:
    """A name in NFC with single spaces.

    Names reach mail subjects and the letters of other people, so control and formatting
    characters (header injection, hidden text) and links (phishing through an invitation) are
    refused with a ValidationError.
    """
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in text):
        raise ValidationError(_("Remove the invisible characters from the name."))
    if _LINK.search(text):
        raise ValidationError(_("A name cannot contain a link."))
    return text


def clean_strangers_name(value: str) -> str:
    """As ``clean_name``, for a name that anybody may give to anybody: no host name in it, either."""
    text = clean_name(value)
    if _HOST.search(text):
        raise ValidationError(_("A name cannot contain a link."))
    return text


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
    return (local[:1].upper() + local[1:])[:100], ""
