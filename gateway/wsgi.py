"""The machines' door as a process of its own: ``granian --interface wsgi --respawn-failed-workers gateway.wsgi:application``.

Nothing that the web faces do can slow it (docs/adr/0018). By default ``apim.wsgi`` serves the same
addresses in front of Django, so that one process does everything.
"""

import gc
import os
from contextlib import suppress

from base.server import start_worker

# Before Django is loaded: a worker of a second server on the same port ends here.
start_worker()

import django  # noqa: E402

from base.variables import refusal_in_one_line  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

with refusal_in_one_line():
    django.setup()

    from django.db import OperationalError, ProgrammingError

    from gateway.check.usage import flusher  # needs the app registry
    from gateway.dispatch import application
    from gateway.registry.stored_digests import refuse_lost_keys

    # A database that is away is no reason to stay down: until it is back the check refuses anyway.
    with suppress(OperationalError, ProgrammingError):
        refuse_lost_keys()

__all__ = ["application"]

# What is loaded by now stays: no collection of garbage needs to look at it again.
gc.collect()
gc.freeze()
flusher.start()
