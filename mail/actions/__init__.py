"""What administrators do with single emails and with the templates they are made from."""

from mail.actions.outbox import (
    LetterDoesNotWait,
    LetterOnItsWay,
    LetterWasSent,
    MailIsOff,
    cancel_letter,
    send_all_again,
    send_letter_again,
)
from mail.actions.templates import (
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
    "restore_letter",
    "send_all_again",
    "send_letter_again",
    "send_test_letter",
]
