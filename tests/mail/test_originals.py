"""The original of every letter in the words of an edited one says what its templates say."""

import re
from itertools import product
from types import SimpleNamespace

import pytest
from django.conf import settings

from mail.actions.templates import TEST_LETTER
from mail.letters import Letter, all_letters, letter_of
from mail.originals import NotReadable, original_of
from mail.trials import try_out

FACTS = {"service": SimpleNamespace(name="Harbour & Co", support_address="help@harbour.example")}
FACTS |= letter_of("invitation").sample_facts()
EDITABLE = [letter for letter in all_letters() if letter.variables]
ASKED = re.compile(r"{% if (?:not )?(\w+) %}")
BLOCK_TAGS = re.compile(r"\s*(</?(?:p|h1|br|td|div)\b[^>]*>)\s*")


def same(html):
    """White space between blocks means nothing, nor does how much there is between words."""
    return " ".join(BLOCK_TAGS.sub(r"\1", html).split())


def conditions_of(draft):
    """Every variable that the letter asks for."""
    return sorted(set(ASKED.findall(draft.subject + draft.text + draft.html)))


def variations(draft):
    """The sample with each of its conditions holding and not, in every combination."""
    asked = conditions_of(draft)
    for answers in product([True, False], repeat=len(asked)):
        missing = {name for name, there in zip(asked, answers, strict=True) if not there}
        address = "" if "support_address" in missing else "help@harbour.example"
        service = SimpleNamespace(name="Harbour & Co", support_address=address)
        yield dict.fromkeys(missing) | {"service": service}


def test_every_letter_is_editable_but_the_test_of_one():
    assert {letter.kind for letter in all_letters()} - {letter.kind for letter in EDITABLE} == {
        TEST_LETTER
    }


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("letter", EDITABLE, ids=lambda letter: letter.kind)
def test_original_says_what_the_templates_say_whatever_its_conditions(letter, language):
    draft = original_of(letter, language)

    for facts in variations(draft):
        by_templates = try_out(letter, facts=facts, language=language)
        by_draft = try_out(letter, facts=facts, language=language, draft=draft)
        assert by_draft.subject == by_templates.subject
        assert by_draft.body.split() == by_templates.body.split()
        assert same(by_draft.alternatives[0][0]) == same(by_templates.alternatives[0][0])


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("letter", EDITABLE, ids=lambda letter: letter.kind)
def test_original_could_be_saved_as_it_is(letter, language):
    assert original_of(letter, language).faults(letter) == {}


@pytest.mark.parametrize("letter", EDITABLE, ids=lambda letter: letter.kind)
def test_letters_describe_variables_that_they_have(letter):
    assert set(letter.variables) <= set(letter.sample)
    assert all(str(sentence) for sentence in letter.offered.values())


def test_notes_keep_their_lines_and_lose_their_tags():
    letter = letter_of("invitation")
    facts = {
        "service": SimpleNamespace(name="Harbour", support_address=""),
        "personal_note": "One <b>bold</b> line\r\nand {{ link }}",
    }

    by_templates = try_out(letter, facts=facts)
    by_draft = try_out(letter, facts=facts, draft=original_of(letter, "en"))

    assert "“One &lt;b&gt;bold&lt;/b&gt; line<br>and {{ link }}”" in by_draft.alternatives[0][0]
    assert same(by_draft.alternatives[0][0]) == same(by_templates.alternatives[0][0])


@pytest.mark.parametrize(
    "template",
    [
        "{% if first_name and email %}x{% endif %}",
        "{% if first_name == email %}x{% endif %}",
        "{% if first_name %}x{% elif email %}y{% endif %}",
        "{% with both=first_name|add:email %}{% if both %}x{% endif %}{% endwith %}",
    ],
)
def test_a_template_that_says_more_is_told(template, settings, tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "odd.subject.txt").write_text(template)
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    from mail import originals

    originals._engine.cache_clear()
    letter = Letter(
        kind="odd",
        title="Odd",
        build=lambda message: None,
        variables={"first_name": "First", "email": "Address"},
    )

    with pytest.raises(NotReadable):
        original_of(letter, "en")

    originals._engine.cache_clear()
