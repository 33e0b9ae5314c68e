"""The HTML of edited letters: what is allowed, what is refused by name, and what leaves."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.drafts import Draft
from mail.letters import letter_of
from mail.markup import CLASSES, _Reading, faults_of_html, faults_of_text, wash
from mail.wording import Refused, read
from tests.mail.test_originals import FACTS

PUBLIC_URL = "https://apis.example"
NAMES = ["first_name", "link", "page_url"]


@pytest.fixture(autouse=True)
def _public_url(settings):
    settings.PUBLIC_URL = PUBLIC_URL


def faults(source):
    read(source, NAMES, longest=50_000)
    return [(fault.line, fault.words) for fault in faults_of_html(source)]


@pytest.mark.parametrize(
    "source",
    [
        "<p>Dear {{ first_name }},<br>hello</p>",
        "<h1>A</h1><h2>B</h2><h3>C</h3><ul><li>1</li></ul><ol><li>2</li></ol><hr>",
        '<p class="action"><a class="button" href="{{ link }}">Go</a></p>',
        '<p class="small last">a <strong>b</strong> <b>c</b> <em>d</em> <i>e</i> <code>f</code></p>',
        "<blockquote>a</blockquote><pre>b\n  c</pre>",
        '<p><a href="https://elsewhere.example/a?b=c&amp;d=e#f">a</a></p>',
        f'<p><a href="{PUBLIC_URL}/products/?q=1#top">a</a> <a href="/sign-in/">b</a></p>',
        '<p><a href="/">home</a> <a href="/products/starter/">a product</a></p>',
        "{% if link %}<p>a</p>{% else %}<ul><li>b</li></ul>{% endif %}",
        "<p>{% if link %}a<br>{% endif %}b</p>",
        "<P>Upper <BR/> case</P>",
        "<p>1 &lt; 2 &amp; 3 &gt; 2 &copy; “é” &#233; fish & chips</p>",
        "just words",
        "<p>See https://elsewhere.example/path, or (https://apis.example/products/).</p>",
        "<p></p>",
    ],
)
def test_what_letters_need_is_allowed(source):
    assert faults(source) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<script>alert(1)</script>", "<script> is not available."),
        ("<SCRIPT SRC=//evil.example></SCRIPT>", "<script> is not available."),
        ("<style>p{}</style>", "The frame brings the style"),
        ('<img src="https://evil.example/pixel.gif">', "Mail programs block images"),
        ('<img src="x" onerror="alert(1)">', "<img> is not available."),
        ("<iframe src=x></iframe>", "<iframe> is not available."),
        ("<form action=/x><input name=a></form>", "<form> is not available."),
        ("<svg><a xlink:href=x></a></svg>", "<svg> is not available."),
        ("<math><mi>x</mi></math>", "<math> is not available."),
        ("<object data=x></object>", "<object> is not available."),
        ('<link rel="stylesheet" href="https://evil.example">', "<link> is not available."),
        ('<meta http-equiv="refresh" content="0">', "<meta> is not available."),
        ('<base href="https://evil.example">', "<base> is not available."),
        ("<table><tr><td>a</td></tr></table>", "<table> is not available."),
        ("<div>a</div>", "Use <p>."),
        ("<textarea><p></textarea>", "<textarea> is not available."),
        ("<plaintext>", "<plaintext> is not available."),
        ("<html><body>a</body></html>", "<html> is not available."),
        ("<!DOCTYPE html>", "The frame brings the beginning of the document."),
        ("<!-- a -->", "Comments are not available here."),
        ("<!--[if mso]><p>a</p><![endif]-->", "Comments are not available here."),
        ("<?php echo 1 ?>", "Instructions such as"),
        ("<![CDATA[x]]>", "Sections such as"),
        ('<p onclick="x()">a</p>', "onclick is not available in <p>."),
        ('<p style="color:red">a</p>', "style is not available in <p>."),
        ('<p id="x">a</p>', "id is not available in <p>."),
        ('<p class="evil">a</p>', "There is no class “evil” for <p>"),
        ('<h1 class="note">a</h1>', "class is not available in <h1>."),
        ('<p class="{{ first_name }}">a</p>', "can only be the whole address in href"),
        ("<p {{ first_name }}>a</p>", "can only be the whole address in href"),
        ("<p{{ first_name }}>a</p>", "A variable cannot stand in the name of an element."),
        ("<{{ first_name }}>a", "Write &lt; for the sign itself."),
        ("<{% if link %}p{% endif %}>", "Write &lt; for the sign itself."),
        ("</{{ first_name }}>", ""),
        ("<p>a < b</p>", "Write &lt; for the sign itself."),
        ('<a href="{{ first_name }}">a</a>', "{{ first_name }} is no address to lead to."),
        ('<a href="{{ link }}?a=b">a</a>', "must be the whole address"),
        ('<a href="https://evil.example/?u={{ link }}">a</a>', "must be the whole address"),
        ('<a href="{% if link %}/{% endif %}">a</a>', "must be the whole address"),
        ('<a href="javascript:alert(1)">a</a>', "An address begins with https://"),
        ('<a href="JaVaScRiPt:alert(1)">a</a>', "An address begins with https://"),
        ('<a href="java&#115;cript:alert(1)">a</a>', "An address begins with https://"),
        ('<a href=" javascript:alert(1)">a</a>', "This is no address."),
        ('<a href="java\tscript:alert(1)">a</a>', "This is no address."),
        ('<a href="data:text/html,x">a</a>', "An address begins with https://"),
        ('<a href="vbscript:x">a</a>', "An address begins with https://"),
        ('<a href="ftp://elsewhere.example">a</a>', "An address begins with https://"),
        ('<a href="//evil.example/">a</a>', "An address begins with https://"),
        ('<a href="/\\evil.example/">a</a>', "This is no address."),
        ('<a href="http://elsewhere.example/">a</a>', "Addresses elsewhere begin with https://."),
        ('<a href="https://apis.example@evil.example/">a</a>', "leads astray"),
        ('<a href="https://аpis.example/">a</a>', "letters from other alphabets"),
        ('<a href="https://apis.example:99999/">a</a>', "This is no address."),
        ('<a href="http://apis.example/">a</a>', "This service is at https://apis.example."),
        ('<a href="https://apis.example:8443/">a</a>', "This service is at https://apis.example."),
        ('<a href="/nowhere/">a</a>', "This service has no page at /nowhere/."),
        ('<a href="https://apis.example/nowhere/">a</a>', "no page at /nowhere/."),
        ('<a href="/products">a</a>', "Did you mean /products/?"),
        ('<a href="products/">a</a>', "An address begins with https://"),
        ('<a href="#top">a</a>', "An address begins with https://"),
        ('<a href="">a</a>', "This is no address."),
        ("<a href>a</a>", "This is no address."),
        ("<a>a</a>", "<a> leads nowhere: it has no href."),
        ('<a href="/" href="javascript:x">a</a>', "href stands twice in <a>."),
        ('<a href="/" target="_blank">a</a>', "target is not available in <a>."),
        ("<p>a", "<p> has no end. Write </p>."),
        ("a</p>", "</p> closes nothing here."),
        ("<p><em>a</p></em>", "<em> of line 1 is open."),
        ("<p/>", "<p/> closes nothing."),
        ("<p>a</br></p>", "</br> closes nothing here."),
        ("{% if link %}<p>{% endif %}a</p>", "Both sides of a condition must close"),
        ("<p>{% if link %}</p>{% endif %}", ""),
        ("{% if link %}<p>a{% else %}</p>{% endif %}", "Both sides of a condition must close"),
        ("<p><p>a</p></p>", "Mail programs read this otherwise"),
        ("<p><ul><li>a</li></ul></p>", "Mail programs read this otherwise"),
        ("<a href='/'>a<a href='/'>b</a></a>", "Mail programs read this otherwise"),
        ('<p>a<a href="/', ""),
        ("<p>https://evil.example/{{ link }}</p>", "cannot be put together from variables"),
        ("<p>https://apis.example/nowhere/</p>", "This service has no page at /nowhere/."),
        ("<p>http://elsewhere.example/</p>", "Addresses elsewhere begin with https://."),
    ],
)
def test_everything_else_is_refused_by_name(source, words):
    found = faults(source)

    assert found
    assert any(words in told for _line, told in found), found


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<p>a</p>\n\n<div>b</div>", 3),
        ("<p>\na\nhttps://apis.example/nowhere/</p>", 3),
        ("<p>a\n<em>b\n</p>", 3),
        ("{% if link %}\n<p>\n{% endif %}\n</p>", 3),
        ("<p>a</p>\n<p>\n<p>b</p></p>", 3),
        ("<p>a\n1 < 2</p>", 2),
    ],
)
def test_refusals_name_the_line(source, line):
    assert faults(source)[0][0] == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Go to https://apis.example/nowhere/.", "no page at /nowhere/"),
        ("Go to http://elsewhere.example", "Addresses elsewhere begin with https://."),
        ("Go to https://evil.example/?{{ link }}", "cannot be put together"),
        ("Go to HTTPS://APIS.EXAMPLE/products", "Did you mean /products/?"),
    ],
)
def test_addresses_in_plain_text_are_followed_too(text, words):
    [fault] = faults_of_text(text)

    assert words in fault.words


def test_plain_text_may_say_what_it_wants_otherwise():
    assert faults_of_text("1 < 2 & {{ link }}\n(https://apis.example/products/), <b>") == []


def test_what_is_sent_has_whole_addresses_and_nothing_that_is_not_allowed():
    washed = wash(
        '<p class="small" onclick="x">a</p><a href="/products/">b</a><script>c</script>'
        '<a href="javascript:d">e</a><img src=x onerror=f><p style="g">h</p>'
    )

    assert washed == (
        '<p class="small">a</p><a href="https://apis.example/products/">b</a><a>e</a><p>h</p>'
    )


PIECES = st.sampled_from(
    [
        *[
            "<p>",
            "</p>",
            "<h1>",
            "</h1>",
            "<ul>",
            "</ul>",
            "<li>",
            "</li>",
            "<em>",
            "</em>",
            "<br>",
        ],
        *[
            '<a href="{{ link }}">',
            '<a href="/products/">',
            "</a>",
            "<pre>",
            "</pre>",
            "<b>",
            "</b>",
        ],
        *["{{ first_name }}", "{{ link }}", "{% if link %}", "{% else %}", "{% endif %}", "words "],
        *[
            "<script>",
            "</script>",
            "<svg>",
            "<!--",
            "-->",
            "<",
            ">",
            "&",
            "&lt;",
            "&#60;",
            '"',
            "'",
        ],
        *[
            "<p class=small>",
            "<p onclick=x>",
            "<style>",
            "<img src=x>",
            "=",
            "/",
            "\n",
            "<![CDATA[",
        ],
        *["<table>", "<td>", "<textarea>", "<title>", "<noscript>", "<a>", "<plaintext>", "</"],
    ]
)
NAMES_OF_PEOPLE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "{{ link }}{% include 'x' %}",
            "lt;script",
            "img src=x onerror=alert(1)",
            "a\r\nb",
            "&#60;b&#62;",
            "'\" onmouseover=x",
        ]
    ),
)


WORDS = st.sampled_from(
    ["words", "{{ first_name }}", "{{ link }}", "&lt;", "&#60;", "é", "\n", " & "]
)
PHRASES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["em", "b", "code"]), inner),
        st.builds("{{% if first_name %}}{}{{% else %}}{}{{% endif %}}".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=5,
)
LINKS = st.builds(
    '<a href="{}">{}</a>'.format, st.sampled_from(["{{ link }}", "/products/"]), WORDS
)
BLOCKS = st.lists(
    st.one_of(
        st.builds("<p>{}{}</p>".format, PHRASES, st.one_of(LINKS, WORDS)),
        st.builds("<ul><li>{}</li></ul>".format, PHRASES),
        st.builds("<pre>{}</pre>".format, PHRASES),
        st.builds("{{% if link %}}<h2>{}</h2>{{% endif %}}".format, PHRASES),
    ),
    min_size=1,
    max_size=4,
).map("".join)


def elements_of(html):
    return [what for _line, what in _Reading(html).seen if isinstance(what, tuple)]


def one_line(name):
    """A note's lines become <br>, which is no part of its value."""
    return " ".join(name.split("\n"))


def check_what_is_sent(source, name):
    draft = Draft(subject="S", text="T", html=source)
    letter = letter_of("invitation")

    written = draft.write(letter, FACTS | {"first_name": name}).html

    for tag, attributes in elements_of(written):
        assert tag == "/" or tag in CLASSES
        assert tag == "/" or {attribute for attribute, _value in attributes} <= {"href", "class"}
    # Nothing was taken out, moved or added: whoever the reader is, the elements are the same.
    somebody = draft.write(letter, FACTS | {"first_name": "x"}).html
    assert not name.strip() or elements_of(written) == elements_of(somebody)
    assert "<script" not in written.lower()


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join), NAMES_OF_PEOPLE)
def test_of_any_soup_what_is_accepted_is_sent_as_it_is_written(source, name):
    try:
        read(source, letter_of("invitation").offered, longest=50_000)
    except Refused:
        return
    if not faults_of_html(source):
        check_what_is_sent(source, one_line(name))


@settings(deadline=None)
@given(BLOCKS, NAMES_OF_PEOPLE)
def test_values_never_become_elements(source, name):
    assert faults_of_html(source) == []

    check_what_is_sent(source, one_line(name))


def test_a_large_letter_is_checked_at_once():
    source = "<p>" + "<em>a</em> " * 4_000 + "</p>"
    started = time.process_time()

    assert faults(source) == []

    assert time.process_time() - started < 2
