"""What the tests of the portal share: links, and pages without what differs at every request."""

import re

from django.test import Client
from django.urls import reverse

from accounts import password_links
from accounts.models import User
from invitations.actions import token_of, token_of_link
from invitations.models import Invitation, InviteLink

# Not on the list of common passwords, and nobody's name.
NEW_PASSWORD = "seven quiet otters"

_CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|\'nonce-[^\']+\'|<meta name="htmx-config[^>]*>'
)


def same_text(response, *, without: str = "") -> str:
    """The page, minus tokens, nonces and the address that was typed."""
    text = _CHANGING.sub("", response.content.decode())
    return text.replace(without, "") if without else text


def same_headers(response) -> dict[str, str]:
    """The headers, minus what holds a nonce or the clock."""
    return {
        name: value
        for name, value in response.headers.items()
        if name not in {"Content-Security-Policy", "Expires", "Content-Length"}
    }


def password_link(user: User) -> str:
    """The address in the person's newest password letter."""
    user.refresh_from_db()
    return reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user.public_id.hex,
            "key": password_links.TokenGenerator().make_token(user),
        },
    )


def invitation_link(invitation: Invitation) -> str:
    return reverse("portal:invitation-accept", kwargs={"token": token_of(invitation)})


def join_link(link: InviteLink) -> str:
    return reverse("portal:join", kwargs={"token": token_of_link(link)})


def attempt(
    email: str, password: str = "not the password", *, address: str = "10.0.0.1", client=None
):
    """One post of the sign-in form from an address of the network."""
    client = client or Client()
    data = {"email": email, "password": password}
    return client.post("/sign-in/", data, REMOTE_ADDR=address)


def text_of(response) -> str:
    """The page with every run of white space made one space."""
    return " ".join(response.content.decode().split())
