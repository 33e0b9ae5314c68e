"""Files from anybody's spreadsheet, and files that are none."""

import codecs
import csv
import io
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports import reading
from imports.reading import FileUnreadable, open_table

TEXT = "Email;Vorname;Nachname\r\nsofia@kelpworks.example;Zoë;Müller\r\n"
ROW = (2, ["sofia@kelpworks.example", "Zoë", "Müller"])


def read(content):
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    with open_table(file) as table:
        return table.head, list(table.rows)


def encoding_of(content):
    with open_table(io.BytesIO(content)) as table:
        return table.encoding


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_of_the_usual_spreadsheets_are_found(content, encoding):
    assert encoding_of(content) == encoding
    assert read(content) == (["Email", "Vorname", "Nachname"], [ROW])


def test_an_odd_letter_far_down_decides_the_encoding():
    text = "email\n" + "a@b.example\n" * 20_000 + "ü@b.example\n"

    assert encoding_of(text.encode("cp1252")) == "cp1252"
    assert encoding_of(text.encode()) == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter):
    rows = [["Email", "Name"], ["a@b.example", "A, B; C"], ["c@d.example", 'D "E" | F']]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)

    file = io.BytesIO(text.getvalue().encode())
    with open_table(file) as table:
        assert table.delimiter == delimiter
        assert [table.head, *(cells for _number, cells in table.rows)] == rows
    assert not file.closed


@pytest.mark.parametrize(
    ("content", "head", "rows"),
    [
        # One column, as pasted from anywhere.
        ("Email\na@b.example\n", ["Email"], [(2, ["a@b.example"])]),
        ("Email\na@b.example, c@d.example\n", ["Email"], [(2, ["a@b.example", "c@d.example"])]),
        # Excel's hint, which is no head line.
        ("sep=;\nEmail;Name\na@b.example;A\n", ["Email", "Name"], [(3, ["a@b.example", "A"])]),
        ('"sep=|"\nEmail|Name\nx,y|A\n', ["Email", "Name"], [(3, ["x,y", "A"])]),
        # Empty lines, and lines of nothing but delimiters.
        ("\n\nEmail,Name\n\n,,\na@b.example,A\n \n", ["Email", "Name"], [(6, ["a@b.example", "A"])]),
        # No head line.
        ("a@b.example,A\nc@d.example,C", ["1", "2"], [(1, ["a@b.example", "A"]), (2, ["c@d.example", "C"])]),
        ("sofia@@b.example;Sofia\nc@d.example;C", ["1", "2"], [(1, ["sofia@@b.example", "Sofia"]), (2, ["c@d.example", "C"])]),
        # A quoted line break: the line is where the row begins.
        ('Email,Name\na@b.example,"A\nB"\nc@d.example,C', ["Email", "Name"], [(2, ["a@b.example", "A\nB"]), (4, ["c@d.example", "C"])]),
        # Old Macs.
        ("Email,Name\ra@b.example,A\r", ["Email", "Name"], [(2, ["a@b.example", "A"])]),
        # Zeros would be refused by PostgreSQL.
        ("Email,Name\na@b.example,A\0B\n", ["Email", "Name"], [(2, ["a@b.example", "A\ufffdB"])]),
        # Long cells are cut, short rows stay short.
        (f"Email,Name,Note\na@b.example,{'x' * 600}\n", ["Email", "Name", "Note"], [(2, ["a@b.example", "x" * 500])]),
    ],
)  # fmt: skip
def test_tables_are_read_as_they_were_meant(content, head, rows):
    assert read(content) == (head, rows)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \r\n\r\n", "The file is empty."),
        (b"\0\0\0", "The file is empty."),
        (b",,\n,,\n", "The file is empty."),
        (codecs.BOM_UTF16_LE, "The file is empty."),
        (b"PK\x03\x04rest of a workbook", "This is not a CSV file."),
        (b"\xd0\xcf\x11\xe0rest of an old one", "This is not a CSV file."),
        (b"%PDF-1.7", "This is not a CSV file."),
        (b"Email\n" + b"a," * 101, "Line 2 has more than 100 columns."),
        (b'Email,Name\na@b.example,"' + b"x" * 200_000, "Line 2 cannot be read."),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(content, sentence):
    with pytest.raises(FileUnreadable) as refusal:
        read(content)

    assert refusal.value.message_dict["file"][0].startswith(sentence)


def test_a_file_with_too_many_lines_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 3)

    assert len(read("Email\n" + "a@b.example\n" * 3)[1]) == 3
    with pytest.raises(FileUnreadable) as refusal:
        read("Email\n" + "a@b.example\n" * 4)
    assert "more than 3 lines" in refusal.value.message_dict["file"][0]


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=3000))
def test_no_bytes_crash_the_reader(content):
    with suppress(FileUnreadable):
        head, rows = read(content)
        assert head
        numbers = [number for number, _cells in rows]
        assert numbers == sorted(set(numbers))
        assert not any("\0" in cell for _number, cells in rows for cell in cells)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_spreadsheet_writes_is_what_we_read(rows, delimiter, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["Email", "First name", "Last name"], *rows])

    _head, found = read(text.getvalue().encode(encoding))

    wanted = [[cell.strip() for cell in row] for row in rows]
    assert [cells for _number, cells in found] == [row for row in wanted if any(row)]


@pytest.mark.parametrize("content", ['"' * 300_000, '",' * 150_000, "a" * 400_000, "\n" * 400_000])
def test_hostile_files_take_no_time(content):
    start = time.process_time()
    with suppress(FileUnreadable):
        read(content)
    assert time.process_time() - start < 2
