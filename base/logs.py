"""Log lines: one JSON object each in production, never a secret."""

import json
import logging
import re
from typing import Any

# The paths that carry a secret (invitations, shared links, password links), keys of
# subscriptions (catalog.keys), secrets of gateways, and whatever stands where a key was expected.
_SECRETS = re.compile(
    r"(/invitations/|/join/|/password/reset/key/[0-9A-Za-z]+-|subscription-key=)[^/\s?&\"']+"
    r"|(apim_(?:live_|test_|gateway_))[0-9A-Za-z_-]{20,}",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with every secret replaced."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}[redacted]", text)


class RedactSecrets(logging.Filter):
    """Takes secrets out of a record before any handler formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        return True


class JsonFormatter(logging.Formatter):
    """``{"at", "level", "logger", "message", "error"?}``; line breaks cannot forge a second entry."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry)
