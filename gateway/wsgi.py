"""The machines' door as a process of its own: ``granian --interface wsgi gateway.wsgi:application``.

Nothing that the web faces do can slow it (docs/adr/0018). By default ``apim.wsgi`` serves the same
addresses in front of Django, so that one process does everything.
"""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")
django.setup()

from gateway.counting import flusher  # noqa: E402 - needs the app registry
from gateway.door import application  # noqa: E402

__all__ = ["application"]

# What is loaded by now stays: no collection of garbage needs to look at it again.
gc.collect()
gc.freeze()
flusher.start()
