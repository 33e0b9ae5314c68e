"""No more letters in a time than the provider allows, whoever sends them.

One row says when the next letter may leave; a conditional UPDATE takes the turn, so that any number
of senders on any number of machines share the rate.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from mail.models import Pace

# How often a waiting sender looks whether it is told to stop.
LOOK_EVERY = 0.5


def wait_for_turn(stop: Callable[[], bool]) -> bool:
    """Wait until one letter may leave; False when told to stop meanwhile. At once without a rate."""
    pause: timedelta = settings.MAIL_PAUSE
    if not pause:
        return True
    Pace.objects.get_or_create(pk=1)
    while not stop():
        now = timezone.now()
        if Pace.objects.filter(pk=1, next_at__lte=now).update(next_at=now + pause):
            return True
        waits = (Pace.objects.get(pk=1).next_at - now).total_seconds()
        time.sleep(min(max(waits, 0.001), LOOK_EVERY))
    return False
