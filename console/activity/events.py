"""The journal in words: what the timeline, the activity page and the overview show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import Event
from console.activity.sentences import (
    FIELD_NAMES,
    ICONS,
    ICONS_OF_NOUN,
    SENTENCES,
    SENTENCES_ABOUT_ONESELF,
    SENTENCES_WITHOUT_ACTOR,
    TITLES,
)

REASONED = {*["user.blocked", "subscription.rejected", "subscription.suspended"], "import.stopped"}
EDITS = {
    *["user.edited", "role.edited", "service.edited", "api.edited", "product.edited"],
    *["gateway.edited", "package.edited", "invite_link.edited"],
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
        "package": event.data.get("package", ""),
        "link": event.data.get("link", ""),
    }
    try:
        detail = _detail(event.action, event.data)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Noted by another release in another form: the sentence is true without it.
        detail = ""
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
    if action in REASONED:
        return str(data.get("reason", ""))
    if action in EDITS:
        return ", ".join(str(FIELD_NAMES.get(field, field)) for field in data.get("changes", {}))
    if action in {"user.added", "invitation.sent"}:
        return ", ".join(data.get("roles", []))
    if action in {"product.roles_changed", "product.apis_changed"}:
        added, removed = data.get("added", []), data.get("removed", [])
        return ", ".join([f"+ {name}" for name in added] + [f"− {name}" for name in removed])
    return _detail_of_one_kind(action, data)


def _detail_of_one_kind(action: str, data: dict[str, Any]) -> str:
    if action == "invitation.address_corrected":
        return " → ".join(data.get("changes", {}).get("email", []))
    if action == "import.row_mended":
        email = " → ".join(data.get("changes", {}).get("email", []))
        return _("line %(line)d") % data + (f", {email}" if email else "")
    if action in {
        "import.uploaded",
        "import.started",
        "import.rows_dropped",
        "import.rows_restored",
    }:
        return ngettext("%(count)d row", "%(count)d rows", data["rows"]) % {"count": data["rows"]}
    if action == "import.finished":
        return _("%(done)d done, %(not_done)d not done") % data
    if action == "role.deleted" and data.get("members"):
        return _members_lost(data["members"])
    return _left_out(data.get("skipped", [])) if action == "package.granted" else ""


def _members_lost(members: int) -> str:
    text = ngettext("%(count)d person lost it", "%(count)d people lost it", members)
    return text % {"count": members}


def _left_out(products: list[str]) -> str:
    return _("without %(products)s") % {"products": ", ".join(products)} if products else ""
