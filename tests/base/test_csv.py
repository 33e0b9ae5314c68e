import csv
import io
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.csv import LINES_A_CHUNK, csv_lines, csv_response, safe_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_safe_cell_takes_the_formula_out_of_a_cell(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("end", [";", ",", "\t", "|", "\n", "; "])
def test_safe_cell_takes_the_formula_out_of_what_another_spreadsheet_reads_as_a_cell(end):
    assert safe_cell(f"Hana{end}=cmd|' /C calc'!A0") == f"Hana{end}'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("value", ["Hana", "a=b", "2026-11-22T10:00:00Z", " =1"])
def test_safe_cell_leaves_ordinary_text_alone(value):
    assert safe_cell(value) == value


def test_safe_cell_is_empty_for_nothing_and_text_for_the_rest():
    assert safe_cell(None) == ""
    assert safe_cell(12) == "12"


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            min_size=2,
            max_size=2,
        )
    )
)
def test_csv_lines_are_read_back_as_written(rows):
    text = "".join(csv_lines(["a", "b"], rows))

    found = list(csv.reader(io.StringIO(text, newline="")))

    assert found == [["a", "b"], *[[safe_cell(cell) for cell in row] for row in rows]]


def test_csv_lines_reads_no_further_than_it_has_sent():
    numbers = count()
    lines = csv_lines(["n"], ([number] for number in numbers))

    next(lines)

    assert next(numbers) < LINES_A_CHUNK


def test_csv_lines_keeps_chunks_small():
    rows = ([number] for number in range(3 * LINES_A_CHUNK))

    chunks = list(islice(csv_lines(["n"], rows), 10))

    assert [chunk.count("\r\n") for chunk in chunks] == [LINES_A_CHUNK] * 3 + [1]


def test_csv_response_is_a_named_stream():
    response = csv_response(name="people.csv", header=["email"], rows=[["ada@example.org"]])

    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert b"".join(response) == b"email\r\nada@example.org\r\n"
