"""The console's sidebar: where one is, and what waits."""

import re

import pytest

from console.templatetags.console import inbox_url
from tests.factories import InvitationFactory
from tests.imports.conftest import checked, lines, upload  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def current(page: str) -> list[str]:
    sidebar = page[page.index('id="sidebar"') : page.index("</aside>")]
    return re.findall(r'aria-current="page">.*?<span>(.*?)</span>', sidebar, re.DOTALL)


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("", "Overview"),
        ("developers/", "Developers"),
        ("developers/add/", "Developers"),
        ("invitations/new/", "Invitations"),
        ("roles/", "Roles"),
        ("activity/", "Activity"),
        ("mail/letters/", "Mail"),
        ("settings/", "Settings"),
    ],
)
def test_sidebar_marks_the_entry_one_is_in(console, path, room):
    page = console.get(f"/console/{path}").content.decode()

    assert current(page) == [room]


@pytest.mark.parametrize(("kind", "room"), [("invite", "Invitations"), ("add", "Developers")])
def test_sidebar_marks_the_entry_that_an_import_is_for(console, checked, kind, room):  # noqa: F811
    import_ = checked(lines("nope,No,Pe"), kind=kind)
    page = f"/console/imports/{import_.public_id}"

    new = console.get(f"/console/imports/new/?kind={kind}")
    assert current(new.content.decode()) == [room]
    for below in ["/", "/columns/", "/start/", "/stop/", "/delete/", "/rows/2/"]:
        answer = console.get(page + below, follow=True)
        assert current(answer.content.decode()) == [room], below


def test_sidebar_counts_invitations_that_wait(console, ada):
    assert 'class="count">2' not in console.get("/console/settings/").content.decode()
    InvitationFactory.create_batch(2, sender=ada)

    page = console.get("/console/settings/").content.decode()

    assert '<span class="count">2 <span class="visually-hidden">waiting</span></span>' in page


def test_the_portal_has_no_sidebar_and_the_console_no_white_bar(console):
    assert 'id="sidebar"' not in console.get("/").content.decode()
    assert 'class="portal-bar"' not in console.get("/console/").content.decode()


def test_nobody_is_told_so_while_mail_leaves(settings):
    settings.DEBUG = True
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}

    assert inbox_url() == ""
