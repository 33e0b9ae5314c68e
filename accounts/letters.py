"""What the letters about accounts say; see ``mail.letters``."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import password_links
from accounts.models import User
from base.links import absolute_url
from mail.letters import Letter, register
from mail.models import Message
from service.models import current_service

SAMPLE: dict[str, Any] = {
    "first_name": "Sofia",
    "email": "sofia.brandt@kelpworks.example",
    "sign_in_url": "https://apis.example/sign-in/",
    "reset_url": "https://apis.example/password/reset/",
    "link": "https://apis.example/password/reset/key/3fa9-0000/",
    "link_ends_at": None,
    "sent_by": "Nadia Holm",
}


def _context(message: Message) -> tuple[User, dict[str, Any]] | None:
    user = User.objects.filter(public_id=message.reference).first()
    if user is None:
        return None
    return user, {
        "service": current_service(),
        "first_name": user.first_name,
        "email": user.email,
        "time_zone": user.zone,
        "sign_in_url": absolute_url("account_login"),
        "reset_url": absolute_url("account_reset_password"),
    }


def _with_link(user: User, context: dict[str, Any]) -> dict[str, Any]:
    return context | {
        "link": absolute_url(
            "account_reset_password_from_key",
            uidb36=user.public_id.hex,
            key=password_links.TokenGenerator().make_token(user),
        ),
        "link_ends_at": user.password_link_expires_at,
    }


def build_welcome(message: Message) -> dict[str, Any] | None:
    """With a link to choose a password for people who have none; unwanted once they are blocked."""
    found = _context(message)
    if found is None or not found[0].is_active:
        return None
    user, context = found
    return _with_link(user, context) if password_links.is_open(user) else context


def build_password_link(message: Message) -> dict[str, Any] | None:
    """Unwanted once the link is used, replaced by a block, or over."""
    found = _context(message)
    if found is None or not password_links.is_open(found[0]):
        return None
    user, context = found
    return _with_link(user, context) | {"sent_by": message.data.get("sent_by", "")}


def build_for_active(message: Message) -> dict[str, Any] | None:
    """For letters that are only true of an active person."""
    found = _context(message)
    return found[1] if found and found[0].is_active else None


def build_for_blocked(message: Message) -> dict[str, Any] | None:
    """For letters that are only true of a blocked person."""
    found = _context(message)
    return found[1] if found and found[0].is_blocked else None


def register_all() -> None:
    """Make the letters of this room known."""
    for kind, title, build in [
        ("welcome", _("Welcome"), build_welcome),
        ("password_link", _("Password link"), build_password_link),
        ("password_changed", _("Password changed"), build_for_active),
        ("account_blocked", _("Account blocked"), build_for_blocked),
        ("account_activated", _("Account activated"), build_for_active),
        ("sign_in_refused", _("Sign-in refused"), build_for_blocked),
    ]:
        register(Letter(kind=kind, title=title, build=build, sample=SAMPLE))
