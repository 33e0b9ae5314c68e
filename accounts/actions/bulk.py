"""The same operation on many rows, with a result that names what was skipped and why."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from mail.outbox import bulk_mail


@dataclass
class BulkResult[M]:
    """``skipped`` pairs each row left alone with the sentence of the refusal."""

    done: list[M] = field(default_factory=list)
    skipped: list[tuple[M, str]] = field(default_factory=list)


def apply_to_each[M](rows: Iterable[M], operation: Callable[[M], object]) -> BulkResult[M]:
    """Apply an action to each row (a person, an invitation) in a transaction of its own.

    One refusal does not undo the others: blocking 40 people with oneself among them blocks 39.
    """
    result = BulkResult[M]()
    rows = list(rows)
    for row in rows:
        try:
            with bulk_mail() if len(rows) > 1 else nullcontext():
                operation(row)
        except ValidationError as refusal:
            result.skipped.append((row, " ".join(refusal.messages)))
        else:
            result.done.append(row)
    return result
