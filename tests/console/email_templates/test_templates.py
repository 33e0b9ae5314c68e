"""The console's pages of letters: list, edit, preview, test, difference, versions, restore."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from mail.drafts import draft_of, newest_wording
from mail.letters import all_letters, letter_of
from mail.models import Message, Wording
from mail.originals import original_of
from tests.conftest import sign_in
from tests.console.invitations.test_invitations import text_of
from tests.factories import (
    AdministratorFactory,
    InvitationFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.html_forms import form_on

pytestmark = pytest.mark.django_db

LIST = "/console/mail/letters/"
PAGE = f"{LIST}invitation/en/"
TYPED = {
    "subject": "Ahoy {{ first_name }}",
    "text": "Ahoy {{ first_name }}, {{ sender_name }} waits.\r\n{{ personal_note }}\r\n{{ link }}",
    "html": (
        "<h1>Ahoy {{ first_name }}</h1><p>{{ sender_name }}, {{ link_ends_at }}"
        '<br><a href="{{ link }}">Go</a></p>'
    ),
    "version": "0",
}


def save(kind="invitation", language="en", version=1, **parts):
    parts = {"subject": "Ahoy", "text": "{{ link }}", "html": '<a href="{{ link }}">Go</a>'} | parts
    return Wording.objects.create(
        kind=kind, language=language, version=version, author_label="Ada Lovelace <a@x>", **parts
    )


# --- List -------------------------------------------------------------------------------------


def test_the_list_has_every_letter_in_every_language(console):
    save(language="de")

    page = console.get(LIST)

    for letter in all_letters():
        for language in ("en", "de"):
            there = f"{LIST}{letter.kind}/{language}/" in page.content.decode()
            assert there == bool(letter.variables)
    assert text_of(page).count("Edited") == 2  # The lead has the word too.
    assert "Just now by Ada Lovelace" in text_of(page)


def test_the_list_says_which_words_are_not_sent(console):
    save(text="{{ gone }}")
    save(kind="welcome", html='<a href="/gone/">a</a><a href="{{ link }}">b</a>')

    page = text_of(console.get(LIST))

    assert page.count("Original sent instead") == 1
    assert page.count("Needs a look") == 1


@pytest.mark.parametrize("edited", [1, 3])
def test_the_list_asks_the_same_queries_however_many_are_edited(
    console, django_assert_num_queries, edited
):
    console.get(LIST)
    for version in range(1, edited + 1):
        save(version=version)
        save(kind="welcome", version=version)
    with django_assert_num_queries(7):
        console.get(LIST)


# --- Edit -------------------------------------------------------------------------------------


def test_the_page_begins_with_the_original(console):
    page = console.get(PAGE)

    original = original_of(letter_of("invitation"), "en")
    assert page.context["form"]["text"].value() == original.text
    assert page.context["form"]["html"].value() == original.html
    assert "The original, as it came with the service." in text_of(page)
    for name in letter_of("invitation").offered:
        assert f"{{{{ {name} }}}}" in page.content.decode()
    assert "Difference to the original" not in text_of(page)


def test_german_begins_with_german(console):
    page = console.get(f"{LIST}invitation/de/")

    assert "Sie sind zu {{ service_name }} eingeladen" in page.content.decode()


def test_saving_makes_a_version(console, ada):
    answer = console.post(PAGE, TYPED, follow=True)

    assert "The letter was saved." in text_of(answer)
    wording = newest_wording("invitation", "en")
    assert wording.subject == "Ahoy {{ first_name }}"
    assert "\r" not in wording.text
    assert wording.author_id == ada.public_id
    assert answer.context["form"]["version"].value() == 1
    assert "Version 1, saved by Ada Lovelace" in text_of(answer)
    assert "Ada Lovelace edited the letter Invitation (en)" in text_of(
        console.get("/console/activity/")
    )


def test_saving_the_same_again_makes_none(console):
    console.post(PAGE, TYPED)

    answer = console.post(PAGE, TYPED | {"version": "1"}, follow=True)

    assert "The letter says that already." in text_of(answer)
    assert Wording.objects.count() == 1


def test_what_would_fail_is_refused_with_its_line_and_kept(console):
    typed = TYPED | {
        "text": "Ahoy\r\n\r\n{{ frist_name }}\r\n{{ link }}",
        "html": '<p>a</p>\r\n<img src="x">\r\n<a href="/nowhere/">a</a>',
    }

    answer = console.post(PAGE, typed)

    assert answer.status_code == 422
    said = unescape(text_of(answer))
    assert "Line 3, “{{ frist_name }}”: This letter has no variable called “frist_name”." in said
    assert "Did you mean {{ first_name }}?" in said
    assert 'Line 2, “<img src="x">”: <img> is not available.' in said
    assert (
        'Line 3, “<a href="/nowhere/">a</a>”: href: This service has no page at /nowhere/.' in said
    )
    assert answer.context["form"]["text"].value() == typed["text"]
    assert answer.context["form"]["subject"].value() == typed["subject"]
    assert not Wording.objects.exists()


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("subject", "", "Write a subject."),
        ("text", "", "Write the letter."),
        ("html", " ", "Write the letter."),
        ("subject", "x" * 201, "at most 200 characters"),
        ("text", "x" * 1_000_000, "at most 20000 characters"),
        ("html", "{%" * 400, "At most 300 variables and conditions."),
        ("text", "{% include '/etc/passwd' %}{{ link }}", "is not available"),
        ("html", "<p>{{ settings.SECRET_KEY }}</p>", "is no variable"),
        ("text", "{{ link }}\x00", "Null characters are not allowed."),
    ],
)
def test_bad_parts_are_refused(console, part, value, words):
    answer = console.post(PAGE, TYPED | {part: value})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Wording.objects.exists()


def test_two_administrators_do_not_overwrite_each_other_unseen(console, ada):
    chen = sign_in(AdministratorFactory(first_name="Chen", last_name="Wu"))
    chen.post(PAGE, TYPED | {"subject": "By Chen"})

    answer = console.post(PAGE, TYPED | {"subject": "By Ada"})

    assert answer.status_code == 422
    assert "Chen Wu saved version 1 on " in text_of(answer)
    theirs = newest_wording("invitation", "en")
    assert f"{LIST}versions/{theirs.public_id}/" in answer.content.decode()
    assert theirs.subject == "By Chen"
    assert "By Ada" in answer.content.decode()
    # The subject is compared; the other parts are the same.
    assert [conflict.label for conflict in answer.context["form"].text_conflicts] == ["Subject"]
    assert '<ins><span class="visually-hidden">[added: </span>Ada<' in answer.content.decode()
    # Told, Ada may replace it.
    again = TYPED | {"subject": "By Ada", "version": answer.context["form"]["version"].value()}
    assert console.post(PAGE, again).status_code == 302
    assert newest_wording("invitation", "en").subject == "By Ada"


def test_parts_that_only_a_colleague_changed_are_kept(console, ada):
    save(version=1, subject="First")
    opened = form_on(console.get(PAGE), having="version")
    save(version=2, subject="Second")

    assert console.post(PAGE, opened | {"text": "Come {{ link }}"}).status_code == 302

    assert newest_wording("invitation", "en").subject == "Second"
    assert newest_wording("invitation", "en").text == "Come {{ link }}"


def test_after_a_conflict_the_other_parts_are_shown_as_they_are_now(console, ada):
    save(version=1, subject="First", text="One {{ link }}")
    opened = form_on(console.get(PAGE), having="version")
    save(version=2, subject="Second", text="Two {{ link }}")

    answer = console.post(PAGE, opened | {"subject": "Third"})

    again = form_on(answer, having="version")
    assert (again["subject"], again["text"]) == (["Third"], ["Two {{ link }}"])


def test_words_that_an_upgrade_broke_are_shown_with_their_faults(console):
    save(text="Ahoy\n{{ gone }}\n{{ link }}")

    page = text_of(console.get(PAGE))

    assert "the original is sent instead" in page
    assert "Line 2: This letter has no variable called “gone”." in page


def test_addresses_that_an_upgrade_took_away_are_told_too(console):
    save(html='<p><a href="/gone/">a</a> <a href="{{ link }}">b</a></p>')

    page = text_of(console.get(PAGE))

    assert "This text does not fit the service any more." in page
    assert "the original is sent instead" not in page


@pytest.mark.parametrize("path", ["nothing/en/", "invitation/fr/", "test_letter/en/"])
@pytest.mark.parametrize("below", ["", "preview/", "difference/", "versions/", "restore/"])
def test_there_is_no_page_for_what_there_is_not(console, path, below):
    assert console.get(f"{LIST}{path}{below}").status_code == 404


# --- Preview ----------------------------------------------------------------------------------

PREVIEW = f"{PAGE}preview/"


def test_preview_shows_what_is_sent_now_with_invented_values(console):
    page = console.get(PREVIEW).content.decode()

    assert "Sofia, you are invited to Harbour APIs" in page
    assert "With invented values." in page
    save(subject="Ahoy {{ first_name }}")
    assert "Ahoy Sofia" in console.get(PREVIEW).content.decode()
    save(version=2, text="{{ gone }}")
    assert "Sofia, you are invited to Harbour APIs" in console.get(PREVIEW).content.decode()


def test_preview_runs_nothing_loads_nothing_and_is_framed_by_this_site_alone(console):
    answer = console.get(PREVIEW)

    policy = answer["Content-Security-Policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    ]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer["Cache-Control"]
    assert set(re.findall('href="([^"]*)"', answer.content.decode())) == {"#"}
    # The page around it stays as strict as all others.
    assert "unsafe-inline" not in console.get(PAGE)["Content-Security-Policy"]
    assert "sandbox" in console.get(PAGE).content.decode()


def test_preview_fills_the_draft_with_the_values_of_an_invited_person(console, ada):
    chen = AdministratorFactory(first_name="Chen", last_name="Wu")
    ends = datetime(2031, 11, 30, 21, 50, tzinfo=UTC)
    invitation = InvitationFactory(
        sender=chen,
        email="sofia@example.org",
        first_name="Sofia <i>",
        message="The sandbox is ready.",
        expires_at=ends,
    )
    InvitationFactory(sender=ada, email="omar@example.org", first_name="Omar", message="Secret")

    answer = console.post(PREVIEW, TYPED | {"person": "Sofia@example.org", "look": "light"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Ahoy Sofia &lt;i&gt;</h1>" in page
    assert "Chen Wu, 30 November 2031 at 21:50 UTC" in page
    assert "With the values of sofia@example.org; the link is invented." in page
    text = console.post(PREVIEW, TYPED | {"person": "sofia@example.org", "look": "text"})
    assert "The sandbox is ready." in text.content.decode()
    for shown in (page, text.content.decode()):
        # Nobody else's values, and never the secret.
        assert "Omar" not in shown
        assert "Secret" not in shown
        assert invitation.digest not in shown
        assert "/invitations/3fa9/" in shown or 'href="#"' in shown
    assert not Wording.objects.exists()
    assert not Message.objects.exists()


def test_preview_knows_developers_and_their_subscriptions(console, ben):
    SubscriptionFactory(owner=UserFactory(), name="Somebody else's")
    SubscriptionFactory(owner=ben, name="Route planner")
    typed = TYPED | {
        "text": "{{ first_name }}: {{ subscription_name }}",
        "html": "<p>{{ owner_name }}: {{ subscription_name }}</p>",
        "person": "ben@example.org",
    }

    page = console.post(f"{LIST}subscription_added/en/preview/", typed).content.decode()

    assert "Ben Okafor: Route planner" in page
    assert "Somebody" not in page


@pytest.mark.parametrize("kind", [letter.kind for letter in all_letters() if letter.variables])
def test_every_letter_can_be_previewed_for_a_developer(console, ben, kind):
    original = original_of(letter_of(kind), "de")
    typed = {
        "subject": original.subject,
        "text": original.text,
        "html": original.html,
        "version": "0",
        "person": ben.email,
    }

    for look in ["light", "dark", "text"]:
        answer = console.post(f"{LIST}{kind}/de/preview/", typed | {"look": look})
        page = answer.content.decode()
        assert answer.status_code == 200, page
        assert "to ben@example.org" in page
        assert "{{" not in page


def test_the_first_preview_looks_like_the_page_around_it(console):
    console.cookies["theme"] = "dark"

    assert f'src="{PREVIEW}?look=dark"' in console.get(PAGE).content.decode()
    assert "@media all" in console.get(f"{PREVIEW}?look=dark").content.decode()


def test_preview_shows_the_dark_on_demand(console):
    light = console.post(PREVIEW, TYPED | {"look": "light"}).content.decode()
    dark = console.post(PREVIEW, TYPED | {"look": "dark"}).content.decode()

    assert "@media not all" in light
    assert "@media all" in dark
    assert "prefers-color-scheme" not in light + dark


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person": "nobody@example.org"}, "There is nothing that this letter could tell nobody@"),
        ({"person": "nobody"}, "Enter a valid email address"),
        ({"text": "{{ nme }}"}, "Text: Line 1"),
        ({"html": "<script>alert(1)</script>"}, "HTML: Line 1"),
        ({"subject": ""}, "Subject: Write a subject."),
        ({"look": "loud"}, "Select a valid choice."),
    ],
)
def test_preview_says_why_it_shows_nothing(console, changes, words):
    answer = console.post(PREVIEW, TYPED | changes)

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "<script>alert" not in answer.content.decode()
    assert "sandbox" in answer["Content-Security-Policy"]


def test_preview_never_makes_an_element_of_a_name(console, ada):
    InvitationFactory(
        sender=ada, email="eve@example.org", first_name="<script>x</script>", last_name="E"
    )

    for look in ["light", "dark", "text"]:
        typed = TYPED | {"person": "eve@example.org", "look": look}
        page = console.post(PREVIEW, typed).content.decode()
        assert "<script" not in page
        assert "&lt;script&gt;" in page


# --- Test letter ------------------------------------------------------------------------------


def test_a_test_goes_to_oneself_and_keeps_what_is_typed(console, ada, deliver):
    answer = console.post(f"{PAGE}test/", TYPED)

    assert answer.status_code == 200
    assert "A test is on its way to ada@example.org. Nothing is saved by it." in text_of(answer)
    assert answer.context["form"]["subject"].value() == "Ahoy {{ first_name }}"
    [letter] = deliver()
    assert (letter.to, letter.subject) == (["ada@example.org"], "Test: Ahoy Sofia")
    assert not Wording.objects.exists()
    assert "Test letter" in text_of(console.get("/console/mail/"))


def test_the_address_of_a_test_leads_to_the_letter(console):
    assert console.get(f"{PAGE}test/")["Location"] == PAGE


def test_a_test_that_would_fail_is_refused(console):
    answer = console.post(f"{PAGE}test/", TYPED | {"text": "{{ nme }}"})

    assert answer.status_code == 422
    assert "Line 1" in text_of(answer)
    assert not Message.objects.exists()


# --- Versions ---------------------------------------------------------------------------------


def test_difference_to_the_original_is_marked_word_by_word(console):
    original = original_of(letter_of("invitation"), "en")
    save(
        subject="You are welcome at {{ service_name }}",
        text=original.text,
        html=original.html + "<p>More</p>",
    )

    answer = console.get(f"{PAGE}difference/")

    page = answer.content.decode()
    hidden = '<span class="visually-hidden">'
    assert f"<del>{hidden}[removed: </span>invited to {hidden}]</span></del>" in page
    assert f"<ins>{hidden}[added: </span>welcome at {hidden}]</span></ins>" in page
    assert "&lt;p&gt;More&lt;/p&gt;" in page
    assert text_of(answer).count("No difference") == 1


def test_difference_of_the_original_is_none(console):
    page = text_of(console.get(f"{PAGE}difference/"))

    assert "It is the original." in page
    assert page.count("No difference") == 3


def test_versions_are_listed_with_who_and_when(console):
    save(version=1, subject="First")
    save(version=2, subject="", text="", html="")
    save(version=3, subject="Third")

    page = text_of(console.get(f"{PAGE}versions/"))

    assert page.index("Version 3") < page.index("Version 2") < page.index("Version 1")
    assert "The original again" in page
    assert page.count("Ada Lovelace") >= 3
    assert "3 versions" in page
    assert "No version yet" in text_of(console.get(f"{LIST}welcome/en/versions/"))


@pytest.mark.parametrize("count", [1, 3])
def test_versions_ask_the_same_queries_however_many_there_are(
    console, django_assert_num_queries, count
):
    console.get(f"{PAGE}versions/")
    for version in range(1, count + 1):
        save(version=version)

    with django_assert_num_queries(8):
        console.get(f"{PAGE}versions/")


def test_a_version_shows_what_it_changed(console):
    save(version=1, subject="First text")
    second = save(version=2, subject="Second text")
    third = save(version=3, subject="", text="", html="")

    page = console.get(f"{LIST}versions/{second.public_id}/")

    assert "[removed: </span>First " in page.content.decode()
    assert "[added: </span>Second " in page.content.decode()
    assert "Restore this version" in text_of(page)
    newest = console.get(f"{LIST}versions/{third.public_id}/")
    assert "It is the original again." in text_of(newest)
    assert "Restore this version" not in text_of(newest)


def test_restoring_asks_first_and_makes_a_version(console):
    first = save(version=1, subject="First")
    save(version=2, subject="Second")
    page = f"{LIST}versions/{first.public_id}/restore/"

    asked = console.get(page)
    assert "Restore version 1 of Invitation?" in text_of(asked)
    assert newest_wording("invitation", "en").subject == "Second"

    answer = console.post(page, {"version": "2"}, follow=True)

    assert "The letter was restored." in text_of(answer)
    wording = newest_wording("invitation", "en")
    assert (wording.version, wording.subject) == (3, "First")
    assert Event.objects.filter(action="letter.restored").count() == 1


def test_restoring_the_original(console):
    save()

    answer = console.post(f"{PAGE}restore/", {"version": "1"}, follow=True)

    assert "The original, as it came with the service." in text_of(answer)
    assert draft_of(newest_wording("invitation", "en")) is None
    assert "Ada Lovelace restored the letter Invitation (en)" in text_of(
        console.get("/console/activity/")
    )


def test_restoring_what_somebody_changed_meanwhile_asks_again(console):
    save(version=1, subject="First")
    save(version=2, subject="Second")

    answer = console.post(f"{PAGE}restore/", {"version": "1"})

    assert answer.status_code == 422
    assert "saved version 2 on " in text_of(answer)
    assert 'value="2"' in answer.content.decode()


def test_restoring_a_version_that_would_fail_says_why(console):
    broken = save(version=1, text="{{ gone }}")
    save(version=2)

    answer = console.post(f"{LIST}versions/{broken.public_id}/restore/", {"version": "2"})

    assert answer.status_code == 422
    assert "no variable called “gone”" in text_of(answer)


# --- Doors ------------------------------------------------------------------------------------

BELOW = ["", "preview/", "test/", "difference/", "versions/", "restore/"]


@pytest.mark.parametrize("below", BELOW)
def test_letters_are_for_administrators(portal, client, below):
    version = save()
    for page in [f"{PAGE}{below}", f"{LIST}versions/{version.public_id}/restore/"]:
        assert portal.get(page).status_code == 403
        assert portal.post(page, TYPED).status_code == 403
        assert client.post(page, TYPED)["Location"].startswith("/sign-in/")
    assert Wording.objects.count() == 1


@pytest.mark.parametrize("below", BELOW)
def test_letters_want_the_token_of_the_form(ada, below):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in(ada).cookies

    assert strict.post(f"{PAGE}{below}", TYPED).status_code in {403, 405}
    assert not Wording.objects.exists()
    assert not Message.objects.exists()


def test_a_letter_of_another_time_keeps_its_page(console):
    with_age = save()
    Wording.objects.update(created_at=timezone.now() - timedelta(days=400))

    assert console.get(f"{LIST}versions/{with_age.public_id}/").status_code == 200
