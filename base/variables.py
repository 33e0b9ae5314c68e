"""Environment variables, read literally: a ``$`` means nothing, and a value may come from a file.

``APIM_SECRET_KEY_FILE=/run/secrets/key`` says where ``APIM_SECRET_KEY`` stands, as Docker and systemd
hand secrets over. Whatever is wrong is an ImproperlyConfigured that names the variable and the cure,
and never quotes a value that may be secret.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MAX_FILE_SIZE = 64 * 1024

_TRUE = {"1", "true", "t", "yes", "y", "on", "ok"}
_FALSE = {"0", "false", "f", "no", "n", "off"}


@contextmanager
def refusal_in_one_line() -> Iterator[None]:
    """End the process with the sentence of an ImproperlyConfigured: a traceback would bury it."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"Error: {error}")


def read_text(name: str, default: str = "") -> str:
    """The value of ``name``, or what stands in the file that ``name`` + ``_FILE`` names."""
    value = os.environ.get(name, "")
    file = os.environ.get(f"{name}_FILE", "")
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Unset one of them.")
    return _from_file(f"{name}_FILE", file) if file else value or default


def read_list(name: str) -> list[str]:
    """Values between commas; in a file, lines too."""
    separator = r"[,\r\n]" if os.environ.get(f"{name}_FILE") else ","
    return [part.strip() for part in re.split(separator, read_text(name)) if part.strip()]


def read_bool(name: str) -> bool:
    """False where it is not set."""
    value = read_text(name)
    answer = as_bool(value) if value else False
    if answer is None:
        raise ImproperlyConfigured(f"{name} is {value!r}. Write 1 or 0.")
    return answer


def as_bool(value: str) -> bool | None:
    """None where it means neither."""
    word = value.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def read_number(name: str, *, default: int, least: int, most: int) -> int:
    value = read_text(name, str(default)).strip()
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. It must be a whole number between {least} and {most}."
        )
    return int(value)


def _from_file(name: str, file: str) -> str:
    path = Path(file)
    try:
        if not path.is_file():
            raise ImproperlyConfigured(f"{name} names {file!r}, which is not a file.")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} names {file!r}, which cannot be read: {error.strerror}."
        ) from None
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {file!r}, which is no path.") from None
    if len(content) > MAX_FILE_SIZE:
        raise ImproperlyConfigured(f"{name} names {file!r}, which is too large for a secret.")
    try:
        value = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name} names {file!r}, which is not text in UTF-8.") from None
    if not value:
        raise ImproperlyConfigured(f"{name} names {file!r}, which is empty.")
    if "\0" in value:
        raise ImproperlyConfigured(f"{name} names {file!r}, which is not text.")
    return value
