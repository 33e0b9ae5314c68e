"""Where what may be lost lives: the throttle's counters and the last runs of jobs."""

from typing import Any

from django.conf import settings
from django.db.models import Model

# Django's own name for the pseudo-app of its cache table, and our app that migrates it.
CACHE_APP = "django_cache"
CACHE_MIGRATIONS = "base"
_APPS = {CACHE_APP, CACHE_MIGRATIONS}


class Router:
    """Sends both tables to ``settings.CACHE_DATABASE`` and everything else to ``default``.

    On SQLite these are two files, so that neither counting a sign-in nor noting a run waits for a
    business write, or holds one up; on PostgreSQL they are the same database.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return settings.CACHE_DATABASE if model._meta.app_label in _APPS else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if app_label in _APPS:
            return db == settings.CACHE_DATABASE
        return db == "default"
