"""What an edited letter may say, and everything that it may not: the attacks are named."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.wording import (
    DEEPEST,
    MOST_TAGS,
    Choice,
    Refused,
    Value,
    always_says,
    fill,
    names_in,
    read,
)

NAMES = ["first_name", "sender_name", "link", "personal_note", "service_name"]
VALUES = {
    "first_name": "Sofia",
    "sender_name": "Nadia <Holm>",
    "link": "https://apis.example/invitations/3fa9/",
    "personal_note": "",
    "service_name": "Harbour",
}


def problems_of(source, names=NAMES):
    with pytest.raises(Refused) as refusal:
        read(source, names, longest=20_000)
    return [(problem.line, problem.words) for problem in refusal.value.problems]


def test_names_and_conditions_are_read():
    tree = read(
        "Dear {{ first_name }},{% if not link %}\nno{%if  sender_name %}a{%else%}b{%endif%}{% endif %}.",
        NAMES,
        longest=1000,
    )

    assert tree == (
        "Dear ",
        Value("first_name"),
        ",",
        Choice("link", False, ("\nno", Choice("sender_name", True, ("a",), ("b",)))),
        ".",
    )
    assert names_in(tree) == {"first_name", "link", "sender_name"}


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("Dear {{ first_name }}", "Dear Sofia"),
        ("{% if personal_note %}a{% else %}b{% endif %}", "b"),
        ("{% if not personal_note %}a{% endif %}", "a"),
        ("{% if link %}{{ link }}{% else %}-{% endif %}", VALUES["link"]),
        ("50 % off {curly} %}}"[:16], "50 % off {curly}"),
        ("", ""),
    ],
)
def test_values_are_filled_in(source, written):
    assert fill(read(source, NAMES, longest=1000), VALUES) == written


def test_a_value_that_looks_like_a_template_stays_what_it_is():
    values = VALUES | {"first_name": "{{ link }}{% include 'x' %}"}

    written = fill(read("Dear {{ first_name }}", NAMES, longest=100), values)

    assert written == "Dear {{ link }}{% include 'x' %}"


ATTACKS = [
    "{% include 'mail/layout.html' %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'base.html' %}",
    "{% load static %}",
    "{% debug %}",
    "{% now 'Y' %}",
    "{% url 'console:overview' %}",
    "{% csrf_token %}",
    "{% for user in users %}{{ user }}{% endfor %}",
    "{% with a=b %}{{ a }}{% endwith %}",
    "{% autoescape off %}{{ first_name }}{% endautoescape %}",
    "{% verbatim %}{{ link }}{% endverbatim %}",
    "{% comment %}x{% endcomment %}",
    "{% filter force_escape %}x{% endfilter %}",
    "{% templatetag openblock %}",
    "{% block body %}{% endblock %}",
    "{% cycle 'a' 'b' %}",
    "{% partialdef a %}{% endpartialdef %}",
    "{% if first_name == 'x' %}a{% endif %}",
    "{% if first_name and link %}a{% endif %}",
    "{% if first_name.password %}a{% endif %}",
    "{% if first_name|length %}a{% endif %}",
    "{% if %}a{% endif %}",
    "{% if first_name %}a{% elif link %}b{% endif %}",
    "{% ifchanged %}a{% endifchanged %}",
    "{{ settings }}",
    "{{ settings.SECRET_KEY }}",
    "{{ request }}",
    "{{ block.super }}",
    "{{ first_name.__class__ }}",
    "{{ first_name.0 }}",
    "{{ __class__ }}",
    "{{ user.password }}",
    "{{ first_name|safe }}",
    "{{ first_name|add:link }}",
    "{{ first_name|safeseq|first }}",
    "{{ _('x') }}",
    "{{ 'x' }}",
    '{{ "x"|safe }}',
    "{{ 1 }}",
    "{{ }}",
    "{{}}",
    "{%%}",
    "{# hidden #}",
    "{{ first_name",
    "first_name }}",
    "{% if first_name",
    "{% if first_name %}",
    "{% endif %}",
    "{% else %}",
    "{% if link %}a{% else %}b{% else %}c{% endif %}",
    "{{ {{ first_name }} }}",
    "{{{ first_name }}}",
    "{{ first_name }}}}",
    "{{ FIRST_NAME }}",
    "{{ first_nаme }}",
    "{{ first\u200bname }}",
    "{{ ﬁrst_name }}",
    "{{ first_name\n}}",
    "{{ first_name }}\u202e",
    "{{ first_name }}\x00",
    "{{ first_name }}\x1b[31m",
    "{{ first_name }}\u2028",
    "{{ first_name }}\ue000",
    "{{ first_name }}\U000e0041",
    "\ufeff{{ first_name }}",
    "{% if first_name %}" * 100 + "{% endif %}" * 100,
    "{{ a.b }}",
    "{{ page_url }}",
]


@pytest.mark.parametrize("source", ATTACKS)
def test_everything_else_is_refused(source):
    assert problems_of(source)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{{ frist_name }}", 2, "Did you mean {{ first_name }}?"),
        ("a\n{{ service.name }}", 2, "Did you mean {{ service_name }}?"),
        ("a\n\n{{ first_name|upper }}", 3, "filters are not available"),
        ("{{ zzz }}", 1, "Choose one of the list of variables."),
        ("\n\n\n{% include 'x' %}", 4, "“{% include 'x' %}” is not available."),
        ("a\n{% if first_name %}\nb", 2, "Write {% endif %} where it ends."),
        ("a\nb {{ first_name", 2, "“{{” begins something that does not end on this line."),
        ("a\nb }}", 2, "“}}” ends something that does not begin on this line."),
        ("a\n{# x #}", 2, "Comments are not available here."),
        ("a\nb\u202e", 2, "There is an invisible character (U+202E). Remove it."),
        ("{% if first_name and link %}x{% endif %}", 1, "A condition asks for one variable"),
        ("a\n{% else %}", 2, "This {% else %} belongs to no condition."),
        ("a\n{% endif %}", 2, "This {% endif %} ends no condition."),
    ],
)
def test_a_refusal_names_its_line_and_its_cure(source, line, words):
    [(found_line, found)] = problems_of(source)

    assert found_line == line
    assert words in found


def test_every_wrong_line_is_told_at_once():
    assert [line for line, _ in problems_of("{{ a }}\nfine\n{{ b|safe }}\n{% load x %}")] == [
        1,
        3,
        4,
    ]


def test_conditions_stand_in_one_another_as_deep_as_allowed():
    opening, closing = "{% if link %}", "{% endif %}"

    assert read(opening * DEEPEST + "x" + closing * DEEPEST, NAMES, longest=1000)
    assert "no deeper" in problems_of(opening * (DEEPEST + 1) + closing * (DEEPEST + 1))[0][1]


@pytest.mark.parametrize(
    "source",
    [
        "x" * 1_000_000,
        "{%" * 10_000,
        "{{" * 10_000,
        "{#" * 10_000,
        "{%{{" * 5_000,
        "{{ a }}" * 2_000,
    ],
)
def test_a_huge_text_is_refused_at_once(source):
    started = time.process_time()

    assert problems_of(source)

    assert time.process_time() - started < 1


def test_as_many_openings_as_are_read_take_no_time():
    source = "{%" * MOST_TAGS + "x" * 19_000

    started = time.process_time()
    assert problems_of(source)

    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ link }}", True),
        ("{% if link %}{{ link }}{% endif %}", True),
        ("{% if not link %}none{% else %}{{ link }}{% endif %}", True),
        ("{% if first_name %}{{ link }}{% else %}{{ link }}{% endif %}", True),
        ("{% if first_name %}{{ link }}{% endif %}", False),
        ("{% if not link %}{{ link }}{% endif %}", False),
        ("{{ first_name }}", False),
        ("link", False),
    ],
)
def test_it_is_known_whether_a_value_is_always_there(source, says):
    assert always_says(read(source, NAMES, longest=1000), "link") is says


PIECES = st.sampled_from(
    [
        *["{{ first_name }}", "{{ link }}", "{% if link %}", "{% if not link %}", "{% else %}"],
        *["{% endif %}", "{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "%", "|safe", ".x", "\n"],
        *["settings", "first_name", " ", "include", "'", '"', "\\", "\u202e", "é", "🦭", "\x00"],
    ]
)


@settings(deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200)))
def test_whatever_is_written_is_refused_or_filled_with_these_values_alone(source):
    tree, problems = (), []
    try:
        tree = read(source, NAMES, longest=20_000)
    except Refused as refusal:
        problems = refusal.problems
    lines = source.count("\n") + 1

    assert all(1 <= problem.line <= lines and problem.words for problem in problems)
    written = fill(tree, {name: f"⟦{name}⟧" for name in NAMES})

    for brackets in ("{{", "{%", "{#", "}}", "%}", "#}"):
        assert brackets not in written
    assert set(re.findall(r"⟦(\w+)⟧", written)) <= names_in(tree)
