"""Names that reach the letters of other people."""

import pytest
from django.core.exceptions import ValidationError

from base.names import clean_name, name_from_address, split_name


def test_clean_name_keeps_how_people_write_themselves():
    assert clean_name("  Mary  Jane ") == "Mary Jane"
    assert clean_name("O\u2019Neill-Göran 李") == "O\u2019Neill-Göran 李"
    assert clean_name("Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize(
    "name",
    ["https://evil.example", "win at WWW.evil.example", "A\x00da", "Ada\u202egpj", "A\u200bda"],
)
def test_clean_name_refuses_links_and_invisible_characters(name):
    with pytest.raises(ValidationError):
        clean_name(name)


def test_clean_name_leaves_no_line_break_for_a_mail_header():
    assert clean_name("Ada\r\nBcc: all@example.org") == "Ada Bcc: all@example.org"


@pytest.mark.parametrize(
    ("full_name", "names"),
    [
        ("Sofia Brandt", ("Sofia", "Brandt")),
        ("Brandt, Sofia", ("Sofia", "Brandt")),
        ("  Brandt ,  Sofia Anna ", ("Sofia Anna", "Brandt")),
        ("Sofia Anna Brandt", ("Sofia Anna", "Brandt")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Ana de la Cruz", ("Ana", "de la Cruz")),
        ("van Beethoven", ("van", "Beethoven")),
        ("Sofia", ("Sofia", "")),
        ("Sofia,", ("Sofia", "")),
        (" , ", ("", "")),
        ("", ("", "")),
    ],
)
def test_split_name_guesses_first_and_last(full_name, names):
    assert split_name(full_name) == names


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("sofia.brandt@kelpworks.example", ("Sofia", "Brandt")),
        ("sofia_brandt+api@kelpworks.example", ("Sofia", "Brandt")),
        ("sofia@kelpworks.example", ("Sofia", "")),
        ("s.brandt@kelpworks.example", ("S.brandt", "")),
        ("a.b.c@kelpworks.example", ("A.b.c", "")),
        ("info-2@kelpworks.example", ("Info-2", "")),
        ("+api@kelpworks.example", ("+api", "")),
    ],
)
def test_name_from_address_never_leaves_the_first_name_empty(address, names):
    assert name_from_address(address) == names
