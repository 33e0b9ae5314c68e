"""What the overview shows: figures, growth, and what an administrator should look at."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import TruncWeek
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Role, User
from base.charts import Chart, bar_chart
from base.templatetags.ui import age
from catalog.models import Subscription
from console.activity.subjects import pages_of_references
from console.kit.listing import Count, counts_up_to_limit
from console.templatetags.console import inbox_url
from invitations.models import Invitation
from mail.letters import title_of
from mail.models import Message
from mail.status import Condition, mail_status
from packages.models import Package

WEEKS = 12
ENDING_WITHIN = dt.timedelta(days=2)
# Letters that failed earlier than this have been dealt with, or nobody minds.
FAILED_WITHIN = dt.timedelta(days=14)
# Longer than a first retry takes.
WAITS_TOO_LONG = dt.timedelta(minutes=5)
LETTERS_SHOWN = 5
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Task:
    """Something to look at: a sentence, where it is done, and whom it is about."""

    icon: str
    text: str
    url: str
    link: str
    people: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class FailedLetter:
    message: Message
    title: str
    url: str


class Overview:
    """Figures are read once, in one statement; everything else is made from them."""

    @cached_property
    def counts(self) -> dict[str, Count]:
        pending = Invitation.objects.pending()
        soon = timezone.now() + ENDING_WITHIN
        return counts_up_to_limit(
            people=User.objects.all(),
            active=User.objects.active(),
            blocked=User.objects.blocked(),
            administrators=User.objects.administrators(),
            must_change_password=people_with_given_password(),
            pending=pending,
            ending=pending.from_valid_senders().filter(expires_at__lte=soon),
            expired=Invitation.objects.expired(),
            orphaned=pending.without_valid_sender(),
            failed=failed_letters(),
            invitations=Invitation.objects.all(),
            requests=Subscription.objects.submitted(),
            packages=Package.objects.giving_less(),
        )

    @property
    def is_first_run(self) -> bool:
        """Nobody but the person reading, and nobody invited."""
        return self._number("people") == 1 and not self.counts["invitations"]

    def growth(self) -> Chart:
        """People added in each of the last weeks, whoever added or invited them."""
        this_week = timezone.localdate() - dt.timedelta(days=timezone.localdate().weekday())
        weeks = [this_week - dt.timedelta(weeks=back) for back in reversed(range(WEEKS))]
        start = timezone.make_aware(dt.datetime.combine(weeks[0], dt.time.min))
        added = (
            User.objects.filter(registered_at__gte=start)
            .annotate(week=TruncWeek("registered_at"))
            .order_by()
            .values_list("week")
            .annotate(models.Count("pk"))
        )
        by_week = {timezone.localtime(week).date(): count for week, count in added}
        points = [(date_format(week, "j M"), by_week.get(week, 0)) for week in weeks]
        total = sum(value for _label, value in points)
        summary = ngettext("%(count)d person", "%(count)d people", total) % {"count": total}
        return bar_chart(_("People added, last 12 weeks"), points, summary=summary)

    def failed_letters(self) -> list[FailedLetter]:
        """The newest letters that were given up, each with the page of whom it was for."""
        letters = (
            list(failed_letters().order_by("-id")[:LETTERS_SHOWN]) if self.counts["failed"] else []
        )
        pages = pages_of_references(letter.reference for letter in letters)
        return [
            FailedLetter(letter, title_of(letter.kind), pages.get(letter.reference, ""))
            for letter in letters
        ]

    def tasks(self) -> list[Task]:
        """What needs doing, the most pressing first."""
        found = [
            self._waiting(),
            self._outage(),
            self._failed(),
            self._requests(),
            self._orphaned(),
            self._ending(),
            self._expired(),
            self._packages(),
            self._last_administrator(),
            self._passwords(),
            self._inbox(),
        ]
        return [task for task in found if task]

    def _number(self, name: str) -> int:
        return self.counts[name].number

    def _waiting(self) -> Task | None:
        """Letters leave within seconds; one that waits for minutes tells of mail that stands still."""
        oldest = Message.objects.oldest_due()
        if oldest is None or timezone.now() - oldest.created_at < WAITS_TOO_LONG:
            return None
        text = _("The oldest waiting letter was written %(age)s") % {"age": age(oldest.created_at)}
        url = f"{reverse('console:email-list')}?state={Message.State.QUEUED}"
        return Task("clock", text, url, _("See the mail"))

    def _outage(self) -> Task | None:
        status = mail_status()
        if status.condition is not Condition.FAILING:
            return None
        text = _("Mail has not left since %(since)s: %(answer)s") % {
            "since": date_format(timezone.localtime(status.since), "DATETIME_FORMAT"),
            "answer": status.answer,
        }
        url = f"{reverse('console:invitation-list')}?state=pending"
        return Task("exclamation-triangle", text, url, _("Hand links over yourself"))

    def _failed(self) -> Task | None:
        count = self._number("failed")
        text = ngettext(
            "%(count)d letter could not be delivered",
            "%(count)d letters could not be delivered",
            count,
        )
        return _task("exclamation-triangle", text, count, "#mail-failed", _("See them"))

    def _requests(self) -> Task | None:
        count = self._number("requests")
        text = ngettext(
            "%(count)d subscription request waits for approval",
            "%(count)d subscription requests wait for approval",
            count,
        )
        url = f"{reverse('console:subscription-list')}?state=submitted"
        return _task("ticket", text, count, url, _("Decide"))

    def _orphaned(self) -> Task | None:
        count = self._number("orphaned")
        text = ngettext(
            "%(count)d invitation does not work any more: its sender can no longer invite",
            "%(count)d invitations do not work any more: their senders can no longer invite",
            count,
        )
        url = f"{reverse('console:invitation-list')}?state=pending&sender=gone"
        return _task("user-minus", text, count, url, _("Renew"))

    def _ending(self) -> Task | None:
        count = self._number("ending")
        text = ngettext(
            "%(count)d invitation ends within 2 days",
            "%(count)d invitations end within 2 days",
            count,
        )
        url = f"{reverse('console:invitation-list')}?state=pending&sort=ends"
        return _task("clock", text, count, url, _("See them"))

    def _expired(self) -> Task | None:
        count = self._number("expired")
        text = ngettext(
            "%(count)d invitation expired without an answer",
            "%(count)d invitations expired without an answer",
            count,
        )
        url = f"{reverse('console:invitation-list')}?state=expired"
        return _task("envelope", text, count, url, _("Resend or revoke"))

    def _packages(self) -> Task | None:
        count = self._number("packages")
        text = ngettext(
            "%(count)d package gives less than it names",
            "%(count)d packages give less than they name",
            count,
        )
        return _task("gift", text, count, reverse("console:package-list"), _("See them"))

    def _last_administrator(self) -> Task | None:
        if self._number("administrators") != 1 or self._number("people") == 1:
            return None
        role = Role.objects.administrators()
        return Task(
            "shield-check",
            _(
                "Only one administrator is left. A second one can help when the first cannot sign in."
            ),
            reverse("console:role-member-add", args=[role.public_id]),
            _("Add one"),
        )

    def _passwords(self) -> Task | None:
        count = self._number("must_change_password")
        text = ngettext(
            "%(count)d person has not yet chosen a password of their own",
            "%(count)d people have not yet chosen a password of their own",
            count,
        )
        if not count:
            return None
        people = people_with_given_password().order_by("-registered_at", "-id")[:NAMES_SHOWN]
        return Task(
            "key",
            text % {"count": count},
            reverse("console:developer-list"),
            _("Developers"),
            [
                (person.full_name, reverse("console:developer-detail", args=[person.public_id]))
                for person in people
            ],
        )

    def _inbox(self) -> Task | None:
        url = inbox_url()
        if not url:
            return None
        text = _("Mail is kept in the local inbox: nobody outside this machine receives a letter.")
        return Task("inbox", text, url, _("Open the inbox"))


def people_with_given_password() -> QuerySet[User]:
    """Active people who still have the password that an administrator set."""
    return User.objects.active().filter(must_change_password=True)


def failed_letters() -> QuerySet[Message]:
    """Letters that were given up lately and not written again since."""
    newer = Message.objects.filter(
        reference=OuterRef("reference"), kind=OuterRef("kind"), pk__gt=OuterRef("pk")
    )
    recent = Message.objects.filter(
        state__in=[Message.State.FAILED, Message.State.BOUNCED],
        created_at__gt=timezone.now() - FAILED_WITHIN,
    )
    return recent.filter(~Exists(newer))


def _task(icon: str, text: str, count: int, url: str, link: str) -> Task | None:
    return Task(icon, text % {"count": count}, url, link) if count else None
