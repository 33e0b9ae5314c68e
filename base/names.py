"""Names of people and things, as typed by strangers and shown to others."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

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
