"""The main journey by HTTP alone: ``python -m tests.journeys.walk ADDRESS MAIL_FOLDER SAID``.

For a service that runs with the demo data and puts its letters into a folder; SAID is the file with
what ``load_demo`` printed. It wants only what the service itself wants, so that it can be walked on
a Python without test tools (scripts/walk).
"""

import email
import email.policy
import platform
import re
import sys
import time
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

SOFIA = {"email": "sofia.walks@kelpworks.example", "first_name": "Sofia", "last_name": "Walker"}
OWN_PASSWORD = "lighthouse keepers row at dawn"
KEY = re.compile(r"apim_(?:live|test)_[0-9A-Za-z_]{50}")


class Browser:
    """Keeps its cookies and sends each form with its token."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def open(self, path: str) -> requests.Response:
        return self._session.get(urljoin(self._address, path), timeout=30)

    def send(self, path: str, to: str = "", **fields: str) -> requests.Response:
        """Fill in a form of this page; what stands in it already is sent along."""
        page = self.open(path)
        assert page.status_code == 200, (path, page.status_code)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = self._session.post(
            urljoin(page.url, to), hidden | fields, headers={"Referer": page.url}, timeout=30
        )
        assert answer.status_code == 200, (path, answer.status_code)
        return answer

    def sign_in(self, email: str, password: str) -> None:
        answer = self.send("/sign-in/", email=email, password=password)
        assert "/sign-in/" not in answer.url, answer.url


def call(address: str, key: str) -> int:
    session = requests.Session()
    session.trust_env = False
    headers = {"Ocp-Apim-Subscription-Key": key}
    return session.get(urljoin(address, "/echo/hello"), headers=headers, timeout=30).status_code


def link_in_letter_to(recipient: str, folder: Path, *, seconds: float = 30) -> str:
    """The path of the invitation in the letter that came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for file in folder.glob("*"):
            for part in file.read_text(encoding="utf-8").split("-" * 79):
                letter = email.message_from_string(part.lstrip(), policy=email.policy.default)
                if recipient in str(letter["To"]):
                    text = letter.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
                    return urlsplit(re.findall(r"http\S+/invitations/\S+", text)[0]).path
        time.sleep(0.1)
    raise AssertionError(f"no letter to {recipient}")


def people_found(console: Browser, words: str) -> set[str]:
    listed = console.open(f"/console/developers/?q={words}").text
    return set(re.findall(r"/console/developers/([0-9a-f-]{36})/", listed))


def walk(address: str, letters: Path, said: str) -> None:
    """Invite, accept, subscribe, call, block, activate."""
    console = Browser(address)
    console.sign_in(*re.findall(r"Administrator +(\S+) +password: (.+)", said)[0])
    console.send("/console/invitations/new/", **SOFIA)
    assert not people_found(console, SOFIA["email"])

    portal = Browser(address)
    link = link_in_letter_to(SOFIA["email"], letters)
    welcome = portal.send(link, password=OWN_PASSWORD, **_names())
    assert "Sofia" in welcome.text
    subscribed = portal.send("/products/starter/", to="subscribe/", name="First")
    key = KEY.findall(subscribed.text)[0]
    assert call(address, key) == 200

    [person] = people_found(console, SOFIA["email"])
    console.send(f"/console/developers/{person}/block/", reason="Contract ended")
    assert call(address, key) == 401
    assert "/sign-in/" in portal.open("/subscriptions/").url

    console.send(f"/console/developers/{person}/activate/")
    assert call(address, key) == 200
    portal.sign_in(SOFIA["email"], OWN_PASSWORD)


def _names() -> dict[str, str]:
    return {name: SOFIA[name] for name in ["first_name", "last_name"]}


if __name__ == "__main__":
    walk(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]).read_text(encoding="utf-8"))
    sys.stdout.write(f"walked the main journey on Python {platform.python_version()}\n")
