"""What is told after a letter was written: that it leaves, or that it waits."""

from django.contrib import messages

from console.kit.requests import ConsoleRequest
from mail.status import mail_status


def tell_of_letters(request: ConsoleRequest, *, leaves: str, waits: str) -> None:
    """``leaves`` where mail works, else ``waits``, as a warning."""
    if mail_status().is_working:
        messages.success(request, leaves)
    else:
        messages.warning(request, waits)
