"""What a web process does once, before its first request."""

import logging
from contextlib import suppress

from django.db import OperationalError, ProgrammingError

from apim import demo
from apim.checks import former_names
from base.jobs import all_jobs
from gateway.check.usage import flusher
from gateway.registry.stored_digests import refuse_lost_keys

logger = logging.getLogger(__name__)


def start() -> None:
    """Refuse to serve the demo's public password, or without a key that is in use; go on with what an earlier process left behind;
    write down the calls that are counted."""
    for name, sentence in former_names().items():
        logger.warning("%s Rename it to %s.", sentence, name)
    # A database that is away or not migrated yet is readiness's to tell, not a reason to stay down.
    with suppress(OperationalError, ProgrammingError):
        demo.refuse_in_production()
        refuse_lost_keys()
    for job in all_jobs():
        job.wake()
    flusher.start()
