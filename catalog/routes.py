"""What a path prefix, a back-end address and a slug may look like, and which prefix a path is under.

Strict on purpose: these values are written into gateway configurations, and the path that the
check sees must be the path that the gateway serves.
"""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_SEGMENTS = 4
# Addresses of the service itself. Not /echo: the sample API there is one of the catalog.
RESERVED = frozenset(
    ["console", "gateway", "healthz", "metrics", "static", "sign-in", "sign-out", "inbox"]
)
_SEGMENT = r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?"
_PREFIX = re.compile(rf"(?:/{_SEGMENT}){{1,{MAX_SEGMENTS}}}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BACK_END = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_BACK_END_V6 = re.compile(r"https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_MAX_PORT = 65_535


def validate_prefix(value: str) -> None:
    """Lower-case segments that need no encoding, so that it has one spelling only."""
    if not _PREFIX.fullmatch(value) or ".." in value:
        raise ValidationError(
            _(
                "Write the path as /orders or /orders/v2: up to %(segments)d parts of lower-case letters, digits, dots, dashes and underscores, without a slash at the end."
            )
            % {"segments": MAX_SEGMENTS},
            code="path_prefix",
        )
    if value.split("/")[1] in RESERVED:
        raise ValidationError(
            _("Paths under /%(segment)s belong to this service. Choose another beginning.")
            % {"segment": value.split("/")[1]},
            code="path_reserved",
        )


def validate_back_end(value: str) -> None:
    """An http or https address without user, query or fragment; its path may be a base path."""
    if not (_BACK_END.fullmatch(value) or _BACK_END_V6.fullmatch(value)) or ".." in value:
        raise ValidationError(
            _(
                "Write the back-end address as https://orders.internal.example:8443/base, with no user name, query or fragment in it."
            ),
            code="back_end",
        )
    try:
        parts = urlsplit(value)
    except ValueError:
        # Brackets around what is no IPv6 address.
        raise ValidationError(
            _("What stands in brackets must be an IPv6 address."), code="back_end_host"
        ) from None
    _host, _colon, port = parts.netloc.rpartition(":")
    if port.isdigit() and not 0 < int(port) <= _MAX_PORT:
        raise ValidationError(_("The port must be between 1 and 65535."), code="back_end_port")


def validate_slug(value: str) -> None:
    if not _SLUG.fullmatch(value):
        raise ValidationError(
            _("Use lower-case letters, digits and single dashes, for example orders-v2."),
            code="slug",
        )


def prefixes_of(path: str) -> tuple[str, ...]:
    """The MAX_SEGMENTS prefixes that ``path`` could be under, padded with empty strings.

    Always the same number, so that one prepared statement serves every call.
    """
    parts = path.split("/", MAX_SEGMENTS + 1)[1 : MAX_SEGMENTS + 1]
    found = ["/" + "/".join(parts[: count + 1]) for count in range(len(parts)) if parts[count]]
    return tuple(found + [""] * (MAX_SEGMENTS - len(found)))
