"""The same operation on many people, with a result that names who was skipped and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from accounts.models import User


@dataclass
class BulkResult:
    """``skipped`` pairs each person left alone with the sentence of the refusal."""

    done: list[User] = field(default_factory=list)
    skipped: list[tuple[User, str]] = field(default_factory=list)


def apply_to_each(users: Iterable[User], operation: Callable[[User], object]) -> BulkResult:
    """Apply an action to each person in a transaction of its own.

    One refusal does not undo the others: blocking 40 people with oneself among them blocks 39.
    """
    result = BulkResult()
    for user in users:
        try:
            operation(user)
        except ValidationError as refusal:
            result.skipped.append((user, " ".join(refusal.messages)))
        else:
            result.done.append(user)
    return result
