"""Where the throttle counts: Django's database cache, without what makes it slow or forgetful.

Django counts every row at every write, adds to an expired row in two steps that two processes can
take at once, and beyond MAX_ENTRIES throws away whatever comes first in the order of its keys. Here
a write is one statement, and a job clears up beside the requests.
"""

import base64
import logging
import pickle
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils import timezone

from base.jobs import Job, JobResult, Stop, register

logger = logging.getLogger(__name__)

PURGE_EVERY = 60.0
PURGE_BATCH = 2000
# SQLite has one writer: between two batches the sign-ins get their turn.
PURGE_PAUSE = 0.02
# What one run of the job evicts at most; far more than can be written in a minute.
MAX_EVICTED = 50_000
# Counting a million rows takes a tenth of a second: not every minute.
COUNT_EVERY = 600.0
# allauth's locks: in use for moments, gone after seconds.
_LOCKS = "%:lock"


class ThrottleCache(DatabaseCache):
    """Raises what the database raises: a counter that cannot be written must not count as zero."""

    # Django's own, which its stubs do not know.
    _table: str

    def _base_set(
        self,
        mode: Literal["set", "add", "touch"],
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> bool:
        connection = connections[router.db_for_write(self.cache_model_class)]
        adapt = connection.ops.adapt_datetimefield_value
        expires = adapt(self._expiry(timeout))
        now = adapt(timezone.now().replace(microsecond=0))
        table = connection.ops.quote_name(self._table)
        with connection.cursor() as cursor:
            if mode == "touch":
                cursor.execute(
                    f"UPDATE {table} SET expires = %s WHERE cache_key = %s AND expires >= %s",  # noqa: S608
                    [expires, key, now],
                )
                return bool(cursor.rowcount)
            # One statement decides: of two that add, or find the same expired row, one wins.
            sql = (
                f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608
                " ON CONFLICT (cache_key) DO UPDATE"
                " SET value = excluded.value, expires = excluded.expires"
            )
            parameters = [key, self._encode(value), expires]
            if mode == "add":
                sql += f" WHERE {table}.expires < %s"
                parameters.append(now)
            cursor.execute(sql, parameters)
            return bool(cursor.rowcount)

    def _encode(self, value: Any) -> str:
        return base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("ascii")

    def _expiry(self, timeout: float | None) -> datetime:
        """In whole seconds, rounded up: a counter lives no moment less than its limit says."""
        moment = self.get_backend_timeout(timeout)
        if moment is None:
            return datetime.max.replace(microsecond=0)  # noqa: DTZ901 - as Django does
        expires = datetime.fromtimestamp(moment, tz=UTC)
        return expires.replace(microsecond=0) + timedelta(seconds=1)

    def purge_expired(self, stop: Stop = lambda: False) -> int:
        """Delete expired rows, batch by batch; returns how many."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)
        # Two processes that purge at once leave each other's rows, and nobody waits for anybody.
        expired = f"SELECT cache_key FROM {table} WHERE expires < %s ORDER BY expires LIMIT %s"  # noqa: S608
        if connection.vendor == "postgresql":
            # In an array it is asked once. Under IN a plan may ask it for each row, and each time the
            # locks lead to other rows: a batch would be larger than its limit.
            chosen = f"= ANY(ARRAY({expired} FOR UPDATE SKIP LOCKED))"
        else:
            chosen = f"IN ({expired})"
        sql = f"DELETE FROM {table} WHERE cache_key {chosen}"  # noqa: S608
        now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
        purged = 0
        while not stop():
            with connection.cursor() as cursor:
                cursor.execute(sql, [now, PURGE_BATCH])
                purged += cursor.rowcount
                if cursor.rowcount < PURGE_BATCH:
                    break
            time.sleep(PURGE_PAUSE)
        return purged

    def evict_beyond_limit(self, stop: Stop = lambda: False) -> int:
        """Bring live rows down to MAX_ENTRIES, those that count least first; returns how many went.

        A row grows with each attempt that it counts. So whoever floods the throttle with addresses
        that nobody has throws out their own counters of one attempt, not the full ones that stop a
        guesser.
        """
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
            excess = min(cursor.fetchone()[0] - self._max_entries, MAX_EVICTED)
            if excess <= 0:
                return 0
            cursor.execute(
                f"SELECT cache_key FROM {table} WHERE cache_key NOT LIKE %s"  # noqa: S608
                " ORDER BY length(value), expires LIMIT %s",
                [_LOCKS, excess],
            )
            keys = [key for (key,) in cursor.fetchall()]
        for start in range(0, len(keys), PURGE_BATCH):
            if stop():
                break
            self._base_delete_many(keys[start : start + PURGE_BATCH])  # type: ignore[attr-defined]
            time.sleep(PURGE_PAUSE)
        logger.warning(
            "The throttle was full: %d counters of few attempts were dropped.", len(keys)
        )
        return len(keys)


_counted_at = 0.0


def purge(stop: Stop = lambda: False) -> JobResult:
    """Delete expired counters, and now and then look whether there are too many."""
    global _counted_at  # noqa: PLW0603
    cache = caches["default"]
    if not isinstance(cache, ThrottleCache):
        return JobResult(PURGE_EVERY)
    purged, evicted = cache.purge_expired(stop), 0
    if not stop() and (not _counted_at or time.monotonic() - _counted_at >= COUNT_EVERY):
        evicted = cache.evict_beyond_limit(stop)
        # More may be left.
        _counted_at = 0.0 if evicted == MAX_EVICTED else time.monotonic()
    gone = purged + evicted
    return JobResult(PURGE_EVERY, f"{gone} counters deleted" if gone else "")


purge_job = register(Job("purge-throttle", purge))
