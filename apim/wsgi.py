"""The WSGI application of the web faces; served by granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

application = get_wsgi_application()

from apim.start import start  # noqa: E402 - needs the app registry that the line above fills

start()
