"""Editing a letter in a real browser: the preview in its sandbox, with script and without."""

import pytest
from playwright.sync_api import expect

from mail.drafts import newest_wording
from tests.factories import InvitationFactory

PAGE = "/console/mail/letters/invitation/en/"


@pytest.fixture
def eve(ada):
    return InvitationFactory(
        sender=ada, email="eve@example.org", first_name="<b>Eve</b>", message="Two\nlines"
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_preview_save_and_restore(open_browser, ada, eve, script, theme):
    page = open_browser(ada, script=script, theme=theme)
    page.goto(PAGE)
    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.get_by_role("heading", name="Sofia, you are invited")).to_be_visible()

    page.get_by_label("Subject").fill("Ahoy {{ first_name }}")
    page.get_by_label("HTML").fill(
        '<h1>Ahoy {{ first_name }}</h1><p>{{ personal_note }}</p><p><a href="{{ link }}">Go</a></p>'
    )
    page.get_by_label("Values of (email address)").fill("eve@example.org")
    looks = page.locator(".letter-looks")
    looks.get_by_role("button", name=theme.capitalize()).click()
    expect(frame.get_by_role("heading", name="Ahoy <b>Eve</b>")).to_be_visible()
    expect(frame.get_by_text("With the values of eve@example.org")).to_be_visible()
    # Its style holds, though the page allows none; the look is as asked, whatever the browser's.
    ground = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    shown = page.frame(name="preview").evaluate(ground) if script else ""
    assert shown == ({"light": "rgb(255, 255, 255)", "dark": "rgb(19, 27, 40)"}[theme] * script)
    frame.get_by_role("link", name="Go").click()
    expect(frame.get_by_role("heading", name="Ahoy <b>Eve</b>")).to_be_visible()

    looks.get_by_role("button", name="Text").click()
    expect(frame.get_by_text("<b>Eve</b>, you are invited to")).to_be_visible()
    # Enter shows and never saves.
    page.get_by_label("Subject").press("Enter")
    expect(frame.get_by_role("heading", name="Ahoy <b>Eve</b>")).to_be_visible()
    assert newest_wording("invitation", "en") is None

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The letter was saved.")).to_be_visible()
    assert newest_wording("invitation", "en").subject == "Ahoy {{ first_name }}"

    page.get_by_role("link", name="Restore the original").click()
    page.get_by_role("button", name="Restore").last.click()
    expect(page.get_by_text("The original, as it came with the service.")).to_be_visible()
    assert newest_wording("invitation", "en").text == ""


def test_a_refused_letter_is_shown_with_its_line_and_keeps_what_was_typed(open_browser, ada):
    page = open_browser(ada)
    page.goto(PAGE)
    page.locator("[name=text]").fill("Ahoy\n{{ frist_name }}\n{{ link }}")

    page.locator(".letter-looks").get_by_role("button", name="Light").click()
    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.get_by_text("Did you mean {{ first_name }}?")).to_be_visible()

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, “{{ frist_name }}”")
    expect(page.locator("[name=text]")).to_have_value("Ahoy\n{{ frist_name }}\n{{ link }}")


def test_variables_are_put_where_the_cursor_is(open_browser, ada):
    page = open_browser(ada)
    page.goto(PAGE)
    subject = page.get_by_label("Subject")
    subject.fill("Ahoy !")
    subject.press("ArrowLeft")

    page.get_by_role("button", name="Insert {{ first_name }}", exact=True).click()

    expect(subject).to_have_value("Ahoy {{ first_name }}!")
    expect(subject).to_be_focused()
    text = page.locator("[name=text]")
    text.fill("")
    text.focus()
    page.get_by_role("button", name="Insert {{ link }}", exact=True).press("Enter")
    expect(text).to_have_value("{{ link }}")


def test_without_script_variables_are_there_to_copy(open_browser, ada):
    page = open_browser(ada, script=False)
    page.goto(PAGE)

    expect(page.get_by_role("button", name="Insert")).to_have_count(0)
    expect(page.locator(".letter-variables code").first).to_have_text("{{ first_name }}")


def test_a_test_letter_keeps_what_is_typed(open_browser, ada, deliver):
    page = open_browser(ada)
    page.goto(PAGE)
    page.get_by_label("Subject").fill("Try this")

    page.get_by_role("button", name="Send a test to ada@example.org").click()

    expect(page.get_by_text("A test is on its way to ada@example.org.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Try this")
    assert [letter.subject for letter in deliver()] == ["Test: Try this"]
