"""The journal in words: what the timeline, the activity page and the overview show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.models import Event

# What happened, in two or three words: for filters and column cells.
TITLES = {
    "user.added": gettext_lazy("Developer added"),
    "user.edited": gettext_lazy("Details edited"),
    "user.blocked": gettext_lazy("Developer blocked"),
    "user.activated": gettext_lazy("Developer activated"),
    "user.deleted": gettext_lazy("Developer deleted"),
    "user.role_assigned": gettext_lazy("Role given"),
    "user.role_removed": gettext_lazy("Role taken"),
    "user.password_set": gettext_lazy("Password set"),
    "user.password_link_sent": gettext_lazy("Password link sent"),
    "user.sessions_ended": gettext_lazy("Sessions ended"),
    "user.signed_in": gettext_lazy("Signed in"),
    "user.signed_out": gettext_lazy("Signed out"),
    "user.sign_in_failed": gettext_lazy("Sign-in failed"),
    "user.refused": gettext_lazy("Blocked sign-in refused"),
    "users.exported": gettext_lazy("Developers exported"),
    "role.created": gettext_lazy("Role created"),
    "role.edited": gettext_lazy("Role edited"),
    "role.deleted": gettext_lazy("Role deleted"),
    "invitation.sent": gettext_lazy("Invitation sent"),
    "invitation.resent": gettext_lazy("Invitation sent again"),
    "invitation.revoked": gettext_lazy("Invitation revoked"),
    "invitation.accepted": gettext_lazy("Invitation accepted"),
    "invitation.declined": gettext_lazy("Invitation declined"),
    "invitation.address_taken": gettext_lazy("Invitation address taken"),
    "invitation.link_copied": gettext_lazy("Invitation link copied"),
    "service.edited": gettext_lazy("Settings changed"),
    "activity.exported": gettext_lazy("Activity exported"),
}

SENTENCES = {
    "user.added": gettext_lazy("%(actor)s added %(subject)s"),
    "user.edited": gettext_lazy("%(actor)s edited %(subject)s"),
    "user.blocked": gettext_lazy("%(actor)s blocked %(subject)s"),
    "user.activated": gettext_lazy("%(actor)s activated %(subject)s"),
    "user.deleted": gettext_lazy("%(actor)s deleted %(subject)s"),
    "user.role_assigned": gettext_lazy("%(actor)s gave %(subject)s the role %(role)s"),
    "user.role_removed": gettext_lazy("%(actor)s took the role %(role)s from %(subject)s"),
    "user.password_set": gettext_lazy("%(actor)s set a new password for %(subject)s"),
    "user.password_link_sent": gettext_lazy("%(actor)s sent %(subject)s a password link"),
    "user.sessions_ended": gettext_lazy("%(actor)s signed %(subject)s out"),
    "user.signed_in": gettext_lazy("%(actor)s signed in"),
    "user.signed_out": gettext_lazy("%(actor)s signed out"),
    "user.sign_in_failed": gettext_lazy("Sign-in as %(subject)s failed"),
    "user.refused": gettext_lazy("%(actor)s tried to sign in while blocked"),
    "users.exported": gettext_lazy("%(actor)s exported the list of developers"),
    "role.created": gettext_lazy("%(actor)s created the role %(subject)s"),
    "role.edited": gettext_lazy("%(actor)s edited the role %(subject)s"),
    "role.deleted": gettext_lazy("%(actor)s deleted the role %(subject)s"),
    "invitation.sent": gettext_lazy("%(actor)s invited %(subject)s"),
    "invitation.resent": gettext_lazy("%(actor)s sent the invitation to %(subject)s again"),
    "invitation.revoked": gettext_lazy("%(actor)s revoked the invitation to %(subject)s"),
    "invitation.accepted": gettext_lazy("%(actor)s accepted the invitation"),
    "invitation.declined": gettext_lazy("%(subject)s declined the invitation"),
    "invitation.address_taken": gettext_lazy(
        "The invitation to %(subject)s could not be accepted: the address has an account"
    ),
    "invitation.link_copied": gettext_lazy(
        "%(actor)s copied the link of the invitation to %(subject)s"
    ),
    "service.edited": gettext_lazy("%(actor)s changed the settings"),
    "activity.exported": gettext_lazy("%(actor)s exported the activity"),
}

# Where the actor is the subject, the sentence above would name them twice.
SENTENCES_ABOUT_ONESELF = {
    "user.edited": gettext_lazy("%(actor)s edited their own details"),
    "user.password_set": gettext_lazy("%(actor)s chose a new password"),
    "user.sessions_ended": gettext_lazy("%(actor)s signed out elsewhere"),
}

# The system itself, or somebody who had not signed in.
SENTENCES_WITHOUT_ACTOR = {
    "user.added": gettext_lazy("%(subject)s was added"),
    "user.password_set": gettext_lazy("A new password was set for %(subject)s"),
    "user.password_link_sent": gettext_lazy(
        "A password link was asked for and sent to %(subject)s"
    ),
    "invitation.resent": gettext_lazy("%(subject)s asked for a fresh invitation"),
}

ICONS = {
    "user.added": "user-plus",
    "user.edited": "pencil-square",
    "user.blocked": "no-symbol",
    "user.activated": "check-circle",
    "user.deleted": "trash",
    "user.role_assigned": "shield-check",
    "user.role_removed": "shield-check",
    "user.password_set": "key",
    "user.password_link_sent": "key",
    "user.sessions_ended": "arrow-right-start-on-rectangle",
    "user.signed_in": "arrow-left-end-on-rectangle",
    "user.signed_out": "arrow-right-start-on-rectangle",
    "user.sign_in_failed": "exclamation-triangle",
    "user.refused": "exclamation-triangle",
    "users.exported": "arrow-down-tray",
    "invitation.link_copied": "link",
    "service.edited": "cog-6-tooth",
    "activity.exported": "arrow-down-tray",
}
ICONS_OF_NOUN = {"role": "shield-check", "invitation": "envelope"}

FIELD_NAMES = {
    "email": gettext_lazy("email address"),
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "note": gettext_lazy("note"),
    "time_zone": gettext_lazy("time zone"),
    "name": gettext_lazy("name"),
    "description": gettext_lazy("description"),
    "support_address": gettext_lazy("support address"),
    "invitation_days": gettext_lazy("validity of invitations"),
}


@dataclass(frozen=True)
class Line:
    """An event in words, with the icon of its kind."""

    event: Event
    text: str
    icon: str


def lines_of(events: Iterable[Event], *, about: UUID | None = None) -> list[Line]:
    """Events as lines of a timeline; ``about`` is what the page is about, named "this person"."""
    return [Line(event, describe(event, about=about), icon_of(event)) for event in events]


def title_of(action: str) -> str:
    """What happened in two or three words; an action without words falls back to its name."""
    return str(TITLES.get(action, action))


def icon_of(event: Event) -> str:
    noun = event.action.partition(".")[0]
    return ICONS.get(event.action) or ICONS_OF_NOUN.get(noun, "clock")


def describe(event: Event, *, about: UUID | None = None) -> str:
    """One sentence without a full stop: "Nadia Holm blocked Hana Tanaka: left the project"."""
    sentence = _sentence_for(event)
    if sentence is None:
        return f"{event.action} {name_of(event.subject_label)}".strip()
    text = str(sentence) % {
        "actor": name_of(event.actor_label) or _("The service"),
        "subject": _subject(event, about),
        "role": event.data.get("role", ""),
    }
    detail = _detail(event.action, event.data)
    return f"{text}: {detail}" if detail else text


def name_of(label: str) -> str:
    """The name in a label such as "Hana Tanaka <hana@quarry.tools>"."""
    name, bracket, _address = label.rpartition(" <")
    return name if bracket else label


def _sentence_for(event: Event) -> Any:
    if event.actor_id is None and event.action in SENTENCES_WITHOUT_ACTOR:
        return SENTENCES_WITHOUT_ACTOR[event.action]
    if event.actor_id == event.subject_id and event.action in SENTENCES_ABOUT_ONESELF:
        return SENTENCES_ABOUT_ONESELF[event.action]
    return SENTENCES.get(event.action)


def _subject(event: Event, about: UUID | None) -> str:
    if about is None or event.subject_id != about:
        return name_of(event.subject_label)
    if event.subject_kind == "user":
        return _("this person")
    return name_of(event.subject_label)


def _detail(action: str, data: dict[str, Any]) -> str:
    if action == "user.blocked":
        return str(data.get("reason", ""))
    if action in {"user.edited", "role.edited", "service.edited"}:
        return ", ".join(str(FIELD_NAMES.get(field, field)) for field in data.get("changes", {}))
    if action in {"user.added", "invitation.sent"}:
        return ", ".join(data.get("roles", []))
    if action == "role.deleted" and data.get("members"):
        return _members_lost(data["members"])
    return ""


def _members_lost(members: int) -> str:
    text = ngettext("%(count)d person lost it", "%(count)d people lost it", members)
    return text % {"count": members}
