"""Reading a CSV file from anybody's spreadsheet: encoding, delimiter, head line, rows.

The file is read in pieces and never held in memory as a whole. What cannot be read is refused with
a sentence that says where and what to do about it.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 100
# Nothing that is asked for is longer; the rest of a cell is cut.
MAX_CELL = 500

DELIMITERS = ",;\t|"
PIECE = 64 * 1024
ROWS_TO_JUDGE_BY = 20
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NOT_CSV = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"]
BYTE_ORDER_MARKS = [
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
]


class FileUnreadable(ValidationError):
    """Belongs to the field ``file``."""

    def __init__(self, sentence: object) -> None:
        super().__init__({"file": ValidationError(sentence, code="file_unreadable")})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Table:
    """``rows`` pairs each line's number in the file with its cells; empty lines are left out."""

    encoding: str
    delimiter: str
    head: list[str]
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def open_table(file: IO[bytes]) -> Iterator[Table]:
    """The table in ``file``, which is read on while ``rows`` is read, and left open.

    Raises FileUnreadable, also in the middle of ``rows``.
    """
    encoding = _encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        yield _table(text)
    finally:
        # The wrapper would close the file when it goes.
        text.detach()


def _table(text: io.TextIOWrapper) -> Table:
    sample = text.read(PIECE)
    if not sample.strip(f"{REPLACEMENT}\0 \r\n"):
        raise FileUnreadable(_("The file is empty."))
    delimiter, skip = _delimiter_of(sample)
    text.seek(0)
    lines = _lines(text, delimiter)
    first_number, first = next(islice(lines, skip, None), (0, []))
    if not first:
        raise FileUnreadable(_("The file is empty."))
    if any("@" in cell for cell in first):
        # No head line: the first line is somebody already.
        head = [f"{number}" for number, _cell in enumerate(first, start=1)]
        return Table(text.encoding, delimiter, head, chain([(first_number, first)], lines))
    return Table(text.encoding, delimiter, first, lines)


def _lines(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=delimiter)
    count = 0
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise FileUnreadable(
                _(
                    "Line %(number)s cannot be read. Perhaps a quotation mark is opened there and not closed."
                )
                % {"number": number}
            ) from None
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > MAX_COLUMNS:
            raise FileUnreadable(
                _("Line %(number)s has more than %(limit)s columns.")
                % {"number": number, "limit": MAX_COLUMNS}
            )
        count += 1
        # The head line is none of them.
        if count > MAX_ROWS + 1:
            raise FileUnreadable(
                _("The file has more than %(limit)s lines. Split it and import the parts.")
                % {"limit": number_format(MAX_ROWS, force_grouping=True)}
            )
        yield number, [_clean(cell) for cell in cells]


def _clean(cell: str) -> str:
    """Without surrounding space; PostgreSQL keeps no NUL, and a replaced one is seen."""
    return cell[: MAX_CELL * 2].strip()[:MAX_CELL].replace("\0", REPLACEMENT)


def _encoding_of(file: IO[bytes]) -> str:
    """By the byte order mark, by where the zeros stand, or because all of it is UTF-8."""
    file.seek(0)
    start = file.read(4096)
    if any(start.startswith(magic) for magic in NOT_CSV):
        raise FileUnreadable(
            _("This is not a CSV file. In the spreadsheet, choose Save as, and there CSV.")
        )
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    # Letters of Western languages have a zero byte each in UTF-16.
    if start[1::2].count(0) > len(start) / 4:
        return "utf-16-le"
    if start[0::2].count(0) > len(start) / 4:
        return "utf-16-be"
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        while text.read(PIECE):
            pass
    except UnicodeDecodeError:
        return False
    finally:
        text.detach()
    return True


def _delimiter_of(sample: str) -> tuple[str, int]:
    """The delimiter, and how many lines to pass over.

    Excel writes ``sep=;`` above the table where it was asked to. Else it is the delimiter that
    cuts the first lines into the same number of columns, and into the most. The csv module's own
    Sniffer guesses from single letters, and gives up on one column.
    """
    lines = sample.splitlines(keepends=True)
    hint = lines[0].strip().strip('"')
    if len(hint) == 5 and hint.startswith("sep=") and hint[4] in DELIMITERS:
        return hint[4], 1
    if len(sample) == PIECE:
        del lines[-1:]
    best = max(DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))
    return (best, 0) if _fit(lines, best) > (0, 0) else (",", 0)


def _fit(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How evenly it cuts, and into how many columns; (0, 0) where it cuts nothing."""
    widths: list[int] = []
    with suppress(csv.Error):
        for cells in islice(csv.reader(lines, delimiter=delimiter), ROWS_TO_JUDGE_BY):
            if any(cell.strip() for cell in cells):
                widths.append(len(cells))
    if not widths or widths[0] == 1:
        return (0, 0)
    return (widths.count(widths[0]) / len(widths), widths[0])
