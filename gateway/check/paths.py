"""The path of a call, in the one spelling that every server reads alike.

A path that two servers could read differently is refused, never repaired: the check would decide
about one resource and the back end serve another (CVE-2019-9901 and its many kin).
"""

import re
from urllib.parse import unquote, unquote_to_bytes

from catalog.keys import KEY_PATTERN

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Separators and dots in disguise: / \ NUL % ; (a dot is unreserved and refused with those).
_HIDING = frozenset("/\\\0%;")
_ESCAPE = re.compile(r"%(..?|$)", re.DOTALL)
_HEX = re.compile(r"[0-9A-Fa-f]{2}")
_KEY = re.compile(KEY_PATTERN)
_PLAIN = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,=:@%/]*")


def canonical_path(target: str) -> str | None:
    """The path of a request target without its query, or None when it has more than one reading."""
    path, _question, _query = target.partition("?")
    # Servers join a header sent twice (or under its alias X_Forwarded_Uri) with a comma: ",/" is
    # two paths, of which the check would read the first and the gateway serve the other.
    if not _PLAIN.fullmatch(path) or "//" in path or ",/" in path:
        return None
    if "%" in path and not (
        all(_is_needed(match[1]) for match in _ESCAPE.finditer(path)) and _is_utf8(path)
    ):
        return None
    # Cheap test first: almost no path has a dot segment.
    if "/." in path and any(segment in {".", ".."} for segment in path.split("/")):
        return None
    return path


def has_key_in_it(target: str) -> bool:
    """Whether the call carries a key where it would land in every log (ASVS 5.0 14.2.1)."""
    _path, _question, query = target.partition("?")
    if query and "subscription-key=" in unquote(query).lower():
        return True
    return "apim_" in target and _KEY.search(target) is not None


def without_keys(path: str) -> str:
    """The path as it may be written down."""
    return _KEY.sub("(a key)", path)


def _is_utf8(path: str) -> bool:
    """Some servers read %C0%AE, a dot written too long, as a dot."""
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_needed(digits: str) -> bool:
    """Whether an escape stands for a character that cannot stand for itself."""
    if not _HEX.fullmatch(digits):
        return False
    number = int(digits, 16)
    is_control = number < 0x20 or number == 0x7F
    return not is_control and chr(number) not in _UNRESERVED | _HIDING
