"""Template tags and components that every page uses. Ages: tests/base/test_ages.py."""

import re
from datetime import UTC, datetime

import pytest
from django.template import Context, RequestContext, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from accounts.models import Role, User
from base.errors import error_page
from base.templatetags.ui import STATES
from invitations.models import Invitation
from mail.models import Message


def rendered(source, **context):
    return Template("{% load ui %}" + source).render(Context(context))


def test_icon_is_hidden_from_screen_readers():
    markup = rendered('{% icon "user-plus" size=18 %}')

    assert 'aria-hidden="true"' in markup
    assert 'width="18"' in markup
    assert 'class="icon"' in markup


def test_query_with_changes_one_part_and_drops_another():
    request = RequestFactory().get("/", {"q": "hana", "cursor": "abc"})

    template = Template('{% load ui %}{% query_with state="blocked" cursor=None %}')
    query = template.render(RequestContext(request))

    assert query == "?q=hana&amp;state=blocked"


@pytest.mark.parametrize("states", [User.State, Invitation.State, Message.State])
def test_every_state_of_the_house_has_a_look(states):
    assert set(states.values) <= set(STATES)


def test_state_says_its_word_beside_the_mark():
    markup = render_to_string("components/state.html", {"state": "blocked"})

    assert "pill-bad" in markup
    assert "Blocked" in markup


def test_state_takes_a_word_of_the_page():
    markup = render_to_string("components/state.html", {"state": "queued", "label": "Waiting"})

    assert "Waiting" in markup
    assert "Queued" not in markup


@pytest.mark.parametrize(
    ("style", "words"),
    [("date", "22 Nov 2026"), ("exact", "22 Nov 2026, 21:50 UTC")],
)
def test_when_shows_no_all_digit_date_and_keeps_the_exact_moment(style, words):
    at = datetime(2026, 11, 22, 21, 50, tzinfo=UTC)

    markup = render_to_string("components/when.html", {"at": at, "style": style})

    assert f">{words}</time>" in markup
    assert 'datetime="2026-11-22T21:50:00+00:00"' in markup
    assert 'title="22 Nov 2026, 21:50 UTC"' in markup


def test_role_chips_show_two_and_count_the_rest():
    roles = [Role(name=name) for name in ["Developers", "Partners", "Finance", "Pilots"]]

    markup = render_to_string("components/role_chips.html", {"roles": roles})

    assert "+2" in markup
    assert ": Finance, Pilots</span>" in markup


def test_a_failure_interrupts_the_reader_and_a_success_waits():
    failure = render_to_string("components/message.html", {"level": "error", "text": "No."})
    success = render_to_string("components/message.html", {"level": "success", "text": "Done."})

    assert 'role="alert"' in failure
    assert 'role="status"' in success


@pytest.mark.parametrize("status", [400, 411, 413, 414, 500, 503, 507])
def test_pages_of_last_resort_need_neither_session_nor_database(rf, status):
    markup = error_page(rf.get("/"), status).content.decode()

    assert "<h1>" in markup
    assert "Harbour" not in markup


@pytest.mark.parametrize(
    ("cookie", "theme", "bootstrap"),
    [("dark", "dark", "dark"), ("light", "light", "light"), ("pink", "system", "light")],
)
@pytest.mark.django_db
def test_the_server_writes_the_chosen_theme(client, cookie, theme, bootstrap):
    client.cookies["theme"] = cookie

    page = client.get("/sign-in/").content.decode()

    assert f'data-theme="{theme}" data-bs-theme="{bootstrap}"' in page


@pytest.mark.django_db
def test_a_page_asks_nothing_from_elsewhere_and_carries_no_inline_style(console):
    page = console.get("/console/developers/").content.decode()

    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"\sstyle=|<style|\son[a-z]+=", page)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)
