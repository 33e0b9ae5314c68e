"""The settings of a checkout, watched for queries that grow with a list."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("APIM_DEBUG", "1")

from apim.settings import *  # noqa: F403
from apim.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
# Bulk operations lock and write person by person, each in a transaction of its own, on purpose.
ZEAL_ALLOWLIST = [{"model": "*", "field": "get*"}]
# Static files come from where they lie; nothing needs collectstatic.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# The strength of a hash is nothing that a page shows, and was half of the time of a run. The tests of
# accounts and the journeys hash as production does (the fixture `real_hasher`).
PASSWORD_HASHERS = ["tests.hashing.QuickHasher"]
# SQLite in files, not in memory: racing threads need connections of their own. Each process has its
# own name, so that two runs on one machine do not meet. It need not outlive a power cut, and waiting
# for the disk is most of a run.
for _alias, _database in DATABASES.items():
    if "init_command" in _database["OPTIONS"]:
        _database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
        _file = Path(tempfile.gettempdir()) / f"apim-test-{os.getpid()}-{_alias}.sqlite3"
        _database["TEST"] = {"NAME": str(_file)}
