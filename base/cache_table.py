"""Where the throttle's counters live: Django's database cache, kept apart from business rows."""

from typing import Any

from django.conf import settings
from django.db.models import Model

# Django's own name for the pseudo-app of its cache table, and our app that migrates it.
CACHE_APP = "django_cache"
CACHE_MIGRATIONS = "base"


class Router:
    """Sends the cache table to ``settings.CACHE_DATABASE`` and everything else to ``default``.

    On SQLite these are two files, so that counting a sign-in never waits for a business write;
    on PostgreSQL they are the same database.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return settings.CACHE_DATABASE if model._meta.app_label == CACHE_APP else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if app_label in {CACHE_APP, CACHE_MIGRATIONS}:
            return db == settings.CACHE_DATABASE
        return db == "default"
