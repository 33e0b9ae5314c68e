"""CSV that is written while it is read from the database, and opens safely in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

# What spreadsheets take for the beginning of a formula, or skip to find one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
# The same after what some spreadsheets take for the end of a cell: a German one opens this file by
# its semicolons.
_INNER_START = re.compile(r"([;,\t|\r\n]\s*)(?=[=+\-@])")
LINES_A_CHUNK = 500


class _Echo:
    """A file for the csv module that hands each line straight back."""

    def write(self, line: str) -> str:
        return line


def safe_cell(value: object) -> str:
    """The value as text; what a spreadsheet would run as a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    text = _INNER_START.sub(r"\1'", text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in chunks of many lines; ``rows`` is read no further than has been sent."""
    writer = csv.writer(_Echo())
    chunk = [writer.writerow(header)]
    for row in rows:
        chunk.append(writer.writerow([safe_cell(value) for value in row]))
        if len(chunk) == LINES_A_CHUNK:
            yield "".join(chunk)
            chunk.clear()
    if chunk:
        yield "".join(chunk)


def csv_response(
    *, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A download called ``name`` that is streamed, so that its length costs no memory."""
    return StreamingHttpResponse(
        csv_lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
