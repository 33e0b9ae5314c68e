"""Many people at once from a file: each row checked, mended or dropped, then worked off."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from packages.models import Package

# A started import that nobody has taken up for this long waits for a worker that is not there.
TAKEN_UP_WITHIN = timedelta(minutes=2)


class ImportQuerySet(models.QuerySet["Import"]):
    """Queryset words of imports."""

    def due(self) -> "ImportQuerySet":
        """At work, and nobody works at it now: fresh, or left by a process that died."""
        idle = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
        return self.filter(idle, state__in=AT_WORK)


class Import(models.Model):
    """One file and what became of it. The rows decide where it goes on after a crash."""

    class Kind(models.TextChoices):
        INVITE = "invite", _("Invite")
        ADD = "add", _("Add")

    class State(models.TextChoices):
        MAPPING = "mapping", _("Columns to choose")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Ready to start")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Stopped")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    file_name = models.CharField(max_length=200)
    # How the file was read, for whoever wonders about odd letters.
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    # The file's head line, and which of its columns (by number) holds which field.
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    # A fact of the file: rows come and go in states, never in number.
    row_count = models.PositiveIntegerField(default=0)
    # What holds for every row.
    roles = models.ManyToManyField(Role, related_name="+", blank=True)
    package = models.ForeignKey(
        Package, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Tells a package that was deleted from none.
    package_name = models.CharField(max_length=100, blank=True)
    validity = models.DurationField(null=True, blank=True)
    message = models.TextField(
        _("personal note"), blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    # Who started it last, or uploaded it. It goes no further than their right to invite.
    sender = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    sender_name = models.CharField(max_length=201)
    # Why it stopped by itself.
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    # When it was last set to work: to check its rows, or to do them.
    asked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Whoever works at it has it until then; a batch takes seconds.
    leased_until = models.DateTimeField(null=True, blank=True)
    # Raised whenever it is taken up, started or stopped: who worked at it before writes no more.
    claims = models.PositiveIntegerField(default=0)

    objects: ClassVar = ImportQuerySet.as_manager()
    audit_kind = "import"

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="imports_newest"),
            models.Index(
                fields=["id"],
                name="imports_at_work",
                condition=Q(state__in=["checking", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def audit_label(self) -> str:
        return self.file_name

    @property
    def invites(self) -> bool:
        return self.kind == self.Kind.INVITE

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def was_started(self) -> bool:
        return self.started_at is not None

    @property
    def can_be_changed(self) -> bool:
        """Rows may be mended and dropped, and it may be started."""
        return self.state in {self.State.CHECKED, self.State.FINISHED, self.State.CANCELLED}

    @property
    def columns_can_be_chosen(self) -> bool:
        return self.state in {self.State.MAPPING, self.State.CHECKED} and not self.was_started

    @property
    def is_left_alone(self) -> bool:
        """At work by its state, but no process has it: none runs, or the database was away."""
        since = self.leased_until or self.asked_at or self.created_at
        return self.is_at_work and since < timezone.now() - TAKEN_UP_WITHIN

    def set_to(self, state: str) -> None:
        """Another state, and nobody works at it any more; the caller holds the row and saves it."""
        self.state, self.leased_until = state, None
        self.claims += 1
        if self.is_at_work:
            self.asked_at = timezone.now()

    def counts(self) -> "dict[str, int]":
        """How many rows are in each state, in one statement."""
        found = dict(self.rows.order_by().values_list("state").annotate(Count("pk")))
        return {state: found.get(state, 0) for state in Row.State.values}


AT_WORK = [Import.State.CHECKING, Import.State.RUNNING]


class Row(models.Model):
    """One line of the file."""

    class State(models.TextChoices):
        NEW = "new", _("Not checked yet")
        READY = "ready", _("Ready")
        PROBLEM = "problem", _("Problem")
        DROPPED = "dropped", _("Left out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not done")

    class About(models.TextChoices):
        USER = "user", _("Developer")
        INVITATION = "invitation", _("Invitation")

    part_of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    # The line in the file, the head line being 1.
    number = models.PositiveIntegerField()
    # The cells as they stand in the file, long ones cut.
    values = models.JSONField(default=list)
    # What the mapped cells say: canonical where the address is one; or what was typed on screen.
    email = models.CharField(max_length=254, blank=True)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    # Typed on screen: another choice of columns leaves it alone.
    is_mended = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    # Why it cannot be done as it stands, or why it was not; a sentence for a person.
    problem = models.CharField(max_length=500, blank=True)
    # public_id of the invitation or user it became, or that stands in its way.
    reference = models.UUIDField(null=True, blank=True)
    about = models.CharField(max_length=10, choices=About, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part_of", "number"], name="imports_one_row_per_line")
        ]
        indexes = [
            models.Index(fields=["part_of", "state", "number"], name="imports_rows_by_state"),
            models.Index(fields=["part_of", "email"], name="imports_rows_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.part_of_id}:{self.number}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def can_be_mended(self) -> bool:
        return self.state in {self.State.READY, self.State.PROBLEM, self.State.FAILED}
