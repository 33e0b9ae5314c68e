"""The settings of a checkout, watched for queries that grow with a list."""

import os

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
# A test's database need not outlive a power cut, and waiting for the disk is most of a run.
for _database in DATABASES.values():
    if "init_command" in _database["OPTIONS"]:
        _database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
