"""What the tools themselves keep."""

from django.db import models


class JobRun(models.Model):
    """The last run of a job in whatever process it was (``manage.py jobs``): one row a job.

    Only people read it, so it stands where the throttle's counters do and may be lost like them.
    """

    name = models.CharField(max_length=60, primary_key=True)
    ended_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # Why the last run failed; empty for one that did not.
    error = models.CharField(max_length=300, blank=True)
    # The last run that found something to do, and what it did.
    worked_at = models.DateTimeField(null=True)
    done = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name
