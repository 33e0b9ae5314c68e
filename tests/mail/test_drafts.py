"""Edited letters on their way: whose words are sent, in which language, and what if they fail."""

import logging
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils.safestring import mark_safe

from invitations.actions import token_of
from mail import letters
from mail.drafts import Draft, values_of
from mail.letters import Letter, letter_of
from mail.models import Message, Wording
from mail.originals import original_of
from mail.outbox import queue_letter
from mail.rendering import render
from tests.factories import InvitationFactory, UserFactory

SCRIPT = "<script>alert(1)</script>"
SUBJECT = "{{ service_name }} waits for {{ first_name }}"
TEXT = (
    "Ahoy {{ first_name }}\n{% if personal_note %}\n{{ personal_note }}\n{% endif %}\n{{ link }}\n"
)
HTML = (
    "<h1>Ahoy {{ first_name }}</h1>"
    "{% if personal_note %}<p>{{ personal_note }}</p>{% endif %}"
    '<p><a class="button" href="{{ link }}">Aboard</a> <a href="/products/">Products</a></p>'
)


def save(kind="invitation", language="en", version=1, **parts):
    parts = {"subject": SUBJECT, "text": TEXT, "html": HTML} | parts
    return Wording.objects.create(kind=kind, language=language, version=version, **parts)


def html_of(email):
    return email.alternatives[0][0]


@pytest.fixture
def invited(ada):
    """A letter to somebody whose name is an attack."""
    invitation = InvitationFactory(
        sender=ada,
        email="eve@example.org",
        first_name=SCRIPT,
        message=f"One {SCRIPT}\ntwo {{{{ link }}}}",
    )
    return queue_letter("invitation", to=invitation.email, reference=invitation.public_id)


@pytest.mark.django_db
def test_the_newest_version_is_sent_in_the_frame_of_the_original(invited, ada, settings):
    save(version=1, subject="Old")
    save(version=2)

    email = render(invited)

    assert email.subject == f"Harbour APIs waits for {SCRIPT}"
    assert email.body.startswith(f"Ahoy {SCRIPT}\n\nOne {SCRIPT}\ntwo {{{{ link }}}}\n\nhttp")
    # The reason of this letter and the host are the frame's.
    assert "no account is created until you accept" in email.body
    html = html_of(email)
    assert "no account is created until you accept" in html
    assert "prefers-color-scheme: dark" in html
    assert f'href="{settings.PUBLIC_URL}/products/"' in html
    assert email.extra_headers["Message-ID"] == invited.message_id


@pytest.mark.django_db
def test_no_name_reaches_the_html_unescaped(invited):
    save()

    html = html_of(render(invited))

    assert "<script" not in html
    assert "Ahoy &lt;script&gt;alert(1)&lt;/script&gt;</h1>" in html
    assert "One &lt;script&gt;alert(1)&lt;/script&gt;<br>two {{ link }}</p>" in html


@pytest.mark.django_db
def test_another_language_or_letter_keeps_its_words(invited, ada):
    save(language="de")
    save(kind="welcome")

    assert render(invited).subject == "You are invited to Harbour APIs"

    invited.language = "de"
    assert render(invited).subject == f"Harbour APIs waits for {SCRIPT}"


@pytest.mark.django_db
def test_a_restored_original_is_sent_from_its_templates(invited):
    save(version=1)
    save(version=2, subject="", text="", html="")

    assert render(invited).subject == "You are invited to Harbour APIs"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parts",
    [
        {"text": "{{ gone }} {{ link }}"},
        {"html": "<p>{{ gone }}</p>"},
        {"subject": "{{ gone }}"},
        {"text": "{% if %}"},
        {"html": "{% include 'base.html' %}"},
        {"text": "x" * 20_001},
    ],
)
def test_words_that_fail_never_lose_the_letter(invited, deliver, caplog, parts):
    save(**parts)

    with caplog.at_level(logging.ERROR, logger="mail.rendering"):
        [letter] = deliver()

    assert letter.subject == "You are invited to Harbour APIs"
    assert "/invitations/" in letter.body
    invited.refresh_from_db()
    assert invited.state == Message.State.SENT
    [line] = caplog.messages
    assert "The edited letter invitation (en) cannot be used" in line
    assert "Refused" in line


@pytest.mark.django_db
def test_an_error_nobody_thought_of_never_loses_the_letter(invited, deliver, settings, caplog):
    save()
    # No base for the addresses of the edited letter.
    settings.PUBLIC_URL = "nowhere"

    with caplog.at_level(logging.ERROR, logger="mail.rendering"):
        [letter] = deliver()

    assert letter.subject == "You are invited to Harbour APIs"
    assert "ValueError" in caplog.text


@pytest.mark.django_db
def test_a_letter_that_is_no_longer_wanted_is_not_wanted_in_other_words(invited, deliver):
    save()
    Message.objects.filter(pk=invited.pk).update(reference=UserFactory().public_id)

    assert deliver() == []


@pytest.mark.django_db
def test_subject_is_one_line_whatever_the_name(ada):
    invitation = InvitationFactory(sender=ada, first_name="Eve\r\nBcc: all@example.org")
    message = queue_letter("invitation", to=invitation.email, reference=invitation.public_id)
    save()

    email = render(message)

    assert email.subject == "Harbour APIs waits for Eve Bcc: …"
    assert email.message()["Bcc"] is None


@pytest.mark.django_db
def test_the_link_leaves_in_the_edited_letter(invited, ada, settings):
    save()
    from invitations.models import Invitation

    link = f"{settings.PUBLIC_URL}/invitations/{token_of(Invitation.objects.get())}/"
    email = render(invited)

    assert link in email.body
    assert html_of(email).count(f'href="{link}"') == 1


# --- Values -----------------------------------------------------------------------------------


def test_values_are_plain_strings_and_nothing_else():
    letter = Letter(
        kind="odd",
        title="Odd",
        build=lambda message: None,
        variables=dict.fromkeys(["name", "count", "none", "flag", "missing", "objects"], "-"),
    )
    service = SimpleNamespace(name=mark_safe("<b>H</b>"), support_address="")
    facts = {
        "service": service,
        "name": mark_safe("<i>x</i>"),
        "count": 3,
        "none": None,
        "flag": False,
        "objects": [],
        "secret": "never",
    }

    values = values_of(letter, facts)

    assert values["count"] == "3"
    assert values["none"] == values["flag"] == values["missing"] == values["objects"] == ""
    assert set(values) == set(letter.offered)
    assert "never" not in values.values()
    draft = Draft(subject="s", text="t", html="<p>{{ name }}{{ service_name }}</p>")
    assert "&lt;i&gt;x&lt;/i&gt;&lt;b&gt;H&lt;/b&gt;" in draft.write(letter, facts).html


# --- What is checked --------------------------------------------------------------------------


def draft_of(**parts):
    return Draft(**({"subject": SUBJECT, "text": TEXT, "html": HTML} | parts))


def test_a_good_draft_has_no_faults():
    assert draft_of().faults(letter_of("invitation")) == {}


@pytest.mark.parametrize(
    ("part", "source", "words"),
    [
        ("subject", " ", "Write a subject."),
        ("subject", "a\nb", "A subject is one line."),
        ("subject", "{{ link }}", "no variable called “link”"),
        ("subject", "x" * 201, "At most 200 characters"),
        ("subject", "See http://elsewhere.example", "begin with https://"),
        ("text", "\n", "Write the letter."),
        ("text", "Ahoy {{ first_name }}", "Without {{ link }} nobody can follow this letter."),
        ("text", "{% if personal_note %}{{ link }}{% endif %}", "Without {{ link }}"),
        ("text", "{{ link }}" + "x" * 20_000, "At most 20000 characters"),
        ("text", "{{ sign_in_url }}", "no variable called “sign_in_url”"),
        ("html", "<p>a</p>", "Without {{ link }}"),
        ("html", "<p>{{ link }}</p>", "Nothing leads to the link."),
        (
            "html",
            '{% if link_ends_at %}<a href="{{ link }}">a</a>{% endif %}',
            "Without {{ link }}",
        ),
        ("html", "<div>{{ link }}</div>", "<div> is not available."),
    ],
)
def test_each_part_is_refused_in_its_own_words(part, source, words):
    letter = letter_of("invitation")
    draft = draft_of(**{part: source})

    faults = draft.faults(letter)

    assert set(faults) == {part}
    with pytest.raises(ValidationError) as refusal:
        draft.check(letter)
    assert words in refusal.value.message_dict[part][0]


@pytest.mark.parametrize("kind", ["welcome", "welcome_with_package"])
def test_a_link_that_not_everybody_has_is_asked_for_first(kind):
    html = '<p><a class="button" href="{{ link }}">Choose a password</a></p>'
    wrong = Draft(subject="Hello", text="Hello\nGo: {{ link }} now", html=html)
    right = Draft(
        subject="Hello",
        text="{% if not link %}Sign in.{% else %}Go: {{ link }} now{% endif %}",
        html="{% if link %}" + html + "{% endif %}",
    )

    faults = wrong.faults(letter_of(kind))

    assert set(faults) == {"text", "html"}
    assert faults["text"][0].line == 2
    assert "People who have a password get no link." in str(faults["text"][0].words)
    assert right.faults(letter_of(kind)) == {}


def test_refusals_show_how_their_line_begins():
    draft = draft_of(text="{{ link }}\n   This is the line with the mistake {{ nme }}")

    with pytest.raises(ValidationError) as refusal:
        draft.check(letter_of("invitation"))

    [told] = refusal.value.message_dict["text"]
    assert told.startswith("Line 2, “This is the line with the mist…”: This letter has no variable")


def test_a_letter_without_a_secret_link_needs_none():
    letter = letter_of("account_blocked")
    draft = Draft(subject="Blocked", text="You are blocked.", html="<p>You are blocked.</p>")

    assert draft.faults(letter) == {}


@pytest.mark.parametrize("kind", ["welcome", "password_link", "invitation_reminder"])
def test_letters_that_carry_a_link_are_kept_from_losing_it(kind):
    letter = letter_of(kind)
    original = original_of(letter, "en")
    cut = Draft(
        subject=original.subject,
        text=original.text.replace("{{ link }}", ""),
        html=original.html.replace("{{ link }}", "/"),
    )

    assert set(cut.faults(letter)) == {"text", "html"}


def test_every_letter_with_a_link_is_known():
    with_links = {letter.kind for letter in letters.all_letters() if letter.must_have_link}

    assert with_links == {
        *["invitation", "invitation_reminder", "password_link", "welcome", "welcome_with_package"],
    }
