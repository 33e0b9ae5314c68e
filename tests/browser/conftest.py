"""A real Chromium, watched: any console error or policy violation fails the test."""

import os
import re
import shutil

import pytest
from django.conf import settings as django_settings
from django.core.signals import request_finished

from gateway.check import query
from tests.conftest import sign_in

# Switches for a machine without a GPU, a display and a way out.
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A refused form answers 422, one sent too often 429, one that cannot be saved 507, and Chromium
# logs that by itself.
EXPECTED = re.compile(
    r"the server responded with a status of (422|429|507)|Response Status Error Code 507"
)


def chromium() -> str | None:
    named = os.environ.get("APIM_CHROMIUM")
    names = ["chromium", "chromium-browser", "google-chrome"]
    return named or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = chromium()
    if found is None:
        pytest.fail("No Chromium: install it, set APIM_CHROMIUM, or leave out: -m 'not browser'.")
    return browser_type_launch_args | {
        "executable_path": found,
        "args": CHROMIUM_SWITCHES,
    }


@pytest.fixture(autouse=True)
def _served_here(settings, live_server):
    settings.PUBLIC_URL = live_server.url


@pytest.fixture(autouse=True)
def _check_closes_with_the_request():
    """The live server makes a thread for each connection; the check keeps one open in each."""

    def close(**facts):
        query.close()

    request_finished.connect(close)
    yield
    request_finished.disconnect(close)


@pytest.fixture
def watch():
    """``watch(page)``: collects what a page must not do; looked at when the test ends."""
    troubles: list[str] = []

    def watch_page(page):
        page.on(
            "console",
            lambda line: (
                troubles.append(line.text)
                if line.type == "error" and not EXPECTED.search(line.text)
                else None
            ),
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', event =>"
            " console.error('CSP violation: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        return page

    yield watch_page
    assert troubles == []


@pytest.fixture
def open_browser(browser, live_server, watch):
    """``open_browser(user, theme="dark", width=390)``: a page in which the person is signed in."""
    contexts = []

    def open_for(user=None, *, theme="light", width=1280, height=800, script=True):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        cookies = [{"name": "theme", "value": theme, "url": live_server.url}]
        if user is not None:
            key = sign_in(user).cookies[django_settings.SESSION_COOKIE_NAME].value
            cookies.append(
                {
                    "name": django_settings.SESSION_COOKIE_NAME,
                    "value": key,
                    "url": live_server.url,
                    "httpOnly": True,
                }
            )
        context.add_cookies(cookies)
        return watch(context.new_page())

    yield open_for
    for context in contexts:
        context.close()
