"""The WSGI application of the web faces; served by granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

application = get_wsgi_application()

from mail.courier import courier  # noqa: E402 - the courier needs the app registry

# Letters that an earlier process left behind leave now.
courier.wake()
