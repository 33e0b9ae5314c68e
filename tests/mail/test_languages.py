"""Letters in German: every string that they print is translated, and compiled."""

import ast
import re

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import templatize, trans_real

from accounts.actions import send_password_link
from mail.letters import all_letters
from mail.previews import sample_of
from tests.factories import UserFactory

TEMPLATES = sorted((settings.BASE_DIR / "templates" / "mail").iterdir())
_CALL = re.compile(r"\b(?:n?p?gettext|_)\(u?((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))")


def strings_of(path) -> set[str]:
    """As makemessages finds them."""
    return {ast.literal_eval(text) for text in _CALL.findall(templatize(path.read_text()))}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_string_of_a_letter_is_german_too(path):
    catalog = trans_real.translation("de")._catalog
    missing = [
        text for text in strings_of(path) if text not in catalog and (text, 0) not in catalog
    ]

    assert not missing, "run `make messages`, translate in locale/de, and run it again"


def test_strings_are_found_at_all():
    assert "Sign in" in {text for path in TEMPLATES for text in strings_of(path)}


@pytest.mark.parametrize("letter", all_letters(), ids=lambda letter: letter.kind)
def test_each_letter_reads_in_its_own_language(letter):
    english = sample_of(letter)
    with translation.override("fr"):
        # Whoever looks at it has nothing to do with it.
        german = sample_of(letter, language="de")

    assert english.subject != german.subject
    assert '<html lang="de"' in german.alternatives[0].content
    assert "Sie erhalten diese Nachricht, weil" in german.body


@pytest.mark.django_db
def test_days_and_zones_are_written_the_german_way(ada, deliver):
    user = UserFactory(language="de", time_zone="Europe/Berlin")
    send_password_link(user=user, by=ada)

    [letter] = deliver()

    assert re.search(
        r"gilt bis \d+\. ?\w+ \d{4} um \d\d:\d\d Uhr \(Europe/Berlin\)", letter.body
    ), letter.body
