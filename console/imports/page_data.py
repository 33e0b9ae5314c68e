"""What the pages of an import show: how far it is, its rows by state, what can be done next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.links import absolute_url
from base.names import clean_name
from console.imports.forms import RowsFilter
from console.kit.listing import query_without
from console.kit.requests import ConsoleRequest
from imports.models import TAKEN_UP_WITHIN, Import, Row

# Rows of the file shown beside the choice of columns.
SAMPLE = 5
REPORT_BATCH = 2000
REPORT_COLUMNS = ["line", "email", "first_name", "last_name", "outcome", "reason", "link"]
PAGES = {
    Row.About.USER: "console:developer-detail",
    Row.About.INVITATION: "console:invitation-detail",
}


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: str
    is_current: bool


@dataclass(frozen=True)
class Progress:
    """How far it is, as numbers and as words; ``is_watched`` while the page should ask again."""

    done: int
    total: int
    words: str
    is_watched: bool


@dataclass(frozen=True)
class Outcome:
    """A row with the page of what it became or of what is in its way."""

    row: Row
    url: str
    link_words: str


def progress_of(import_: Import, counts: dict[str, int]) -> Progress:
    if import_.state == Import.State.CHECKING:
        total = import_.row_count - counts[Row.State.DROPPED]
        done = total - counts[Row.State.NEW]
        text = _("%(done)s of %(total)s rows are checked.")
    else:
        done = counts[Row.State.DONE] + counts[Row.State.FAILED]
        total = done + counts[Row.State.READY]
        text = _("%(done)s of %(total)s rows are done.")
    since = import_.leased_until or import_.asked_at
    return Progress(
        done=done,
        total=total,
        words=text % {"done": _number(done), "total": _number(total)},
        # Asking keeps the session from growing idle, so not for ever where nobody works at it.
        is_watched=since is not None and timezone.now() - since < 5 * TAKEN_UP_WITHIN,
    )


def tabs_of(request: ConsoleRequest, filters: RowsFilter, counts: dict[str, int]) -> list[Tab]:
    """All, then each state that has rows or is chosen."""
    chosen = filters.cleaned_data.get("state") or ""
    tabs = [Tab(_("All"), _url(request, ""), _number(sum(counts.values())), not chosen)]
    return tabs + [
        Tab(str(state.label), _url(request, state), _number(counts[state]), chosen == state)
        for state in Row.State
        if counts[state] or chosen == state
    ]


def outcomes_of(rows: Iterable[Row]) -> list[Outcome]:
    return [Outcome(row, page_of_row(row), _link_words(row)) for row in rows]


def page_of_row(row: Row) -> str:
    """The page of what the row became, or of what is in its way; empty where there is none."""
    if row.reference is None or row.about not in PAGES:
        return ""
    return reverse(PAGES[Row.About(row.about)], args=[row.reference])


def field_to_mend(row: Row) -> str:
    """Which of the row's fields its problem is about: a name that is missing or unfit, else the address."""
    for field in ["first_name", "last_name"]:
        name = getattr(row, field)
        try:
            clean_name(name)
        except ValidationError:
            return field
        if not (name or row.part_of.invites):
            return field
    return "email"


def report_of(import_: Import) -> Iterator[list[Any]]:
    """Each row with what became of it, in batches, so that a long report costs no memory."""
    rows = import_.rows.order_by("number")
    labels = {state.value: state.label for state in Row.State}
    batch = list(rows[:REPORT_BATCH])
    while batch:
        for row in batch:
            link = (
                absolute_url(PAGES[Row.About(row.about)], row.reference)
                if row.reference and row.about in PAGES
                else ""
            )
            names = row.first_name, row.last_name
            yield [
                row.number,
                row.email,
                *names,
                labels.get(row.state, row.state),
                row.problem,
                link,
            ]
        batch = list(rows.filter(number__gt=row.number)[:REPORT_BATCH])


def sample_of(import_: Import) -> list[list[str]]:
    """The first rows, each as long as the head line."""
    width = len(import_.columns)
    rows = import_.rows.order_by("number").values_list("values", flat=True)[:SAMPLE]
    return [list(islice([*values, *[""] * width], width)) for values in rows]


def unused_columns(import_: Import, chosen: Iterable[Any]) -> list[str]:
    """Names of the file's columns that nothing is read from."""
    numbers = {str(number) for number in chosen}
    return [
        name for number, name in enumerate(import_.columns) if name and str(number) not in numbers
    ]


def verb_for(import_: Import, count: int) -> str:
    """The button that starts it, with how many it is about."""
    words = (
        ngettext("Invite %(count)s person", "Invite %(count)s people", count)
        if import_.invites
        else ngettext("Add %(count)s person", "Add %(count)s people", count)
    )
    return words % {"count": _number(count)}


def result_of(import_: Import, counts: dict[str, int]) -> str:
    """What came of it, in one sentence."""
    done, failed = counts[Row.State.DONE], counts[Row.State.FAILED]
    words = (
        ngettext("%(count)s person was invited.", "%(count)s people were invited.", done)
        if import_.invites
        else ngettext("%(count)s person was added.", "%(count)s people were added.", done)
    )
    parts = [words % {"count": _number(done)}]
    if failed:
        text = ngettext("%(count)s row was not done.", "%(count)s rows were not done.", failed)
        parts.append(text % {"count": _number(failed)})
    left = counts[Row.State.PROBLEM] + counts[Row.State.DROPPED]
    if left:
        text = ngettext("%(count)s row was left out.", "%(count)s rows were left out.", left)
        parts.append(text % {"count": _number(left)})
    return " ".join(parts)


def _link_words(row: Row) -> str:
    return (
        _("Open %(name)s") % {"name": row.full_name or row.email}
        if row.about == Row.About.USER
        else _("Invitation of %(name)s") % {"name": row.full_name or row.email}
    )


def _url(request: ConsoleRequest, state: str) -> str:
    changes = {"state": str(state)} if state else {}
    return f"?{query_without(request, 'cursor', 'state', **changes)}"


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
