"""The settings of a checkout, watched for queries that grow with a list."""

import os

os.environ.setdefault("APIM_DEBUG", "1")

from apim.settings import *  # noqa: F403
from apim.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
# Bulk operations lock and write person by person, each in a transaction of its own, on purpose.
ZEAL_ALLOWLIST = [{"model": "*", "field": "get*"}]
# Static files come from where they lie; nothing needs collectstatic.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
