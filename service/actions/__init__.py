"""What administrators do with the service itself: its settings, its outbox and its letters."""

from service.actions.outbox import (
    LetterDoesNotWait,
    LetterOnItsWay,
    LetterWasSent,
    MailIsOff,
    cancel_letter,
    send_all_again,
    send_letter_again,
)
from service.actions.settings import edit_service
from service.actions.wordings import (
    CannotBeRestored,
    ChangedMeanwhile,
    edit_letter,
    restore_letter,
    send_test_letter,
)

__all__ = [
    "CannotBeRestored",
    "ChangedMeanwhile",
    "LetterDoesNotWait",
    "LetterOnItsWay",
    "LetterWasSent",
    "MailIsOff",
    "cancel_letter",
    "edit_letter",
    "edit_service",
    "restore_letter",
    "send_all_again",
    "send_letter_again",
    "send_test_letter",
]
