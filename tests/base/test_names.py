"""Names that reach the letters of other people."""

import pytest
from django.core.exceptions import ValidationError

from base.names import clean_name


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
