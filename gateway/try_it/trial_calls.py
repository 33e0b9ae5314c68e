"""A call that somebody tries from the portal: what may go out, and where to.

SECURITY: the service itself sends it, so nothing in it leads anywhere but below the API's own
address. The host is ours (``gateway.registry.addresses``); the path is the document's template with
percent-encoded values, and is refused where two servers could read it differently; headers that
say who calls, or how the connection is used, are refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.keys import MAX_IMPORTED
from gateway.check.paths import canonical_path, has_key_in_it
from gateway.check.responses import KEY_HEADER
from gateway.registry.config import IDENTITY

MAX_BODY = 64 * 1024
_PLACEHOLDER = re.compile(r"\{([^{}/]+)\}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_KEY = re.compile(r"[\x21-\x7e]*")
_NOT_FROM_HERE = {
    *["host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"],
    *["content-length", "content-type", "accept-encoding", "expect", "cookie", "origin", "via"],
    *["authorization", "forwarded", "user-agent", KEY_HEADER.lower()],
    *[name.lower() for name in IDENTITY],
}
_NOT_BEGINNING = (
    *["x-forwarded-", "x-original-", "x-gateway-", "x-refusal-", "x-real-"],
    *["proxy-", "sec-", "x-http-method"],
)


class NotSendable(ValidationError):
    """``part`` is what is wrong: path, query, header, key or body."""

    def __init__(self, message: str, *, part: str) -> None:
        self.part = part
        super().__init__(message, code=f"trial_{part}")


@dataclass(frozen=True)
class TrialCall:
    """A call that may go out. ``base`` is the API's address without its prefix."""

    method: str
    base: str
    target: str
    headers: Mapping[str, str]
    key: str = field(repr=False)
    body: bytes = b""

    @property
    def url(self) -> str:
        return self.base + self.target


def may_be_sent(header: str) -> bool:
    """Whether a caller may choose this header here. Aliases count: some servers read ``X_User_Id``
    and ``X.User.Id`` as ``X-User-Id``."""
    name = re.sub(r"[_.]", "-", header).lower()
    is_ours = name in _NOT_FROM_HERE or name.startswith(_NOT_BEGINNING)
    return bool(_HEADER_NAME.fullmatch(header)) and not is_ours


def target_of(
    prefix: str, template: str, values: Mapping[str, str], query: Iterable[tuple[str, str]] = ()
) -> str:
    """Path and query below ``prefix``. Raises NotSendable.

    ``values`` are put into the template percent-encoded: a slash in one is no new segment.
    """
    if not all(values.get(name) for name in _PLACEHOLDER.findall(template)):
        raise NotSendable(_("Every part of the path needs a value."), part="path")
    filled = _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), template)
    path = f"{prefix}{filled}"
    if not filled.startswith("/") or canonical_path(path) != path:
        raise NotSendable(
            _(
                "This path could be read in two ways, so no gateway would serve it. Leave out slashes, backslashes, semicolons, percent signs, and a value of dots alone."
            ),
            part="path",
        )
    pairs = urlencode([*query], quote_via=quote)
    if has_key_in_it(f"?{pairs}"):
        raise NotSendable(
            _("A key in the address is refused: it would be in every log."), part="query"
        )
    return f"{path}?{pairs}" if pairs else path


def checked_headers(given: Mapping[str, str]) -> dict[str, str]:
    """The headers with a value. Raises NotSendable for one that may not be chosen here."""
    found = {name: value.strip() for name, value in given.items() if value.strip()}
    for name, value in found.items():
        if not may_be_sent(name):
            raise NotSendable(
                _("The header %(name)s cannot be chosen here.") % {"name": name}, part="header"
            )
        if not _HEADER_VALUE.fullmatch(value):
            raise NotSendable(_("A header holds printable ASCII characters only."), part="header")
    return found


def checked_key(key: str) -> str:
    """The key as it may stand in a header; whether it is any good is for the check to say."""
    if not _KEY.fullmatch(key) or len(key) > MAX_IMPORTED:
        raise NotSendable(
            _("A key has no spaces and no special characters. Copy it again."), part="key"
        )
    return key
