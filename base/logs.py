"""Log lines: one JSON object each in production, never a token."""

import json
import logging
import re
from typing import Any

# The two kinds of path that carry a secret (invitation and password links).
_SECRET_PATHS = re.compile(r"(/invitations/|/password/reset/key/[0-9A-Za-z]+-)[^/\s?\"']+")


def redact(text: str) -> str:
    """The text with every link secret replaced."""
    return _SECRET_PATHS.sub(r"\1[redacted]", text)


class RedactSecrets(logging.Filter):
    """Takes link secrets out of a record before any handler formats it."""

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
