"""What the letters about accounts say; see ``mail.letters``."""

from datetime import timedelta
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
    "link_ends_at": timedelta(days=7),
    "sent_by": "Nadia Holm",
    "changed_by": "Nadia Holm",
}
VARIABLES: dict[str, Any] = {
    "first_name": _("The first name of the person"),
    "email": _("Their email address, with which they sign in"),
    "sign_in_url": _("The address of the sign-in page"),
    "reset_url": _("The address of the page that sends a new password link"),
}
LINK_VARIABLES: dict[str, Any] = {
    "link": _("The secret link with which they choose a password"),
    "link_ends_at": _("The day and time at which the link stops working"),
}
SENT_BY: dict[str, Any] = {"sent_by": _("The administrator who sent the link, or nobody")}
CHANGED_BY: dict[str, Any] = {
    "changed_by": _("The administrator who changed it, or nobody where it was the person")
}


def _context(message: Message) -> tuple[User, dict[str, Any]] | None:
    # Not to an address that is no longer theirs: the letter may carry a link into the account.
    user = User.objects.filter(public_id=message.reference, email=message.to).first()
    return None if user is None else (user, _facts(user))


def _facts(user: User) -> dict[str, Any]:
    return {
        "service": current_service(),
        "first_name": user.first_name,
        "email": user.email,
        "time_zone": user.zone,
        "sign_in_url": absolute_url("account_login"),
        "reset_url": absolute_url("account_reset_password"),
    }


def facts_of(address: str) -> dict[str, Any] | None:
    """What these letters know of the user with this address, without a link."""
    user = User.objects.filter(email=address).first()
    return None if user is None else _facts(user)


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


def build_address_removed(message: Message) -> dict[str, Any] | None:
    """To the address that a person no longer has: the one letter that may go there, for it carries
    no way into the account. Unwanted once the address is theirs again."""
    user = User.objects.filter(public_id=message.reference).exclude(email=message.to).first()
    if user is None:
        return None
    return _facts(user) | {"email": message.to, "changed_by": message.data.get("changed_by", "")}


def build_address_changed(message: Message) -> dict[str, Any] | None:
    """To the new address, blocked or not; unwanted once it is another one."""
    found = _context(message)
    return found[1] | {"changed_by": message.data.get("changed_by", "")} if found else None


def register_all() -> None:
    """Make the letters of this room known."""
    for kind, title, build, besides in [
        ("welcome", _("Welcome"), build_welcome, LINK_VARIABLES),
        ("password_link", _("Password link"), build_password_link, LINK_VARIABLES | SENT_BY),
        ("password_changed", _("Password changed"), build_for_active, {}),
        ("account_blocked", _("Account blocked"), build_for_blocked, {}),
        ("account_activated", _("Account activated"), build_for_active, {}),
        ("account_exists", _("Account exists already"), build_for_active, {}),
        ("sign_in_refused", _("Sign-in refused"), build_for_blocked, {}),
        ("password_link_refused", _("Password link refused"), build_for_blocked, {}),
        ("address_changed", _("Email address changed"), build_address_changed, CHANGED_BY),
        ("address_removed", _("Email address no longer used"), build_address_removed, CHANGED_BY),
    ]:
        register(
            Letter(
                kind=kind,
                title=title,
                build=build,
                sample=SAMPLE,
                variables=VARIABLES | besides,
                # Who was added with a password has none.
                link_is_optional=kind == "welcome",
                facts_of=facts_of,
            )
        )
