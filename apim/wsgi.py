"""The WSGI application: the faces, and the machines' addresses in front of them; served by granian."""

import os

from base.admission import admit
from base.server import start_worker

# Before Django is loaded: a worker of a second server on the same port ends here.
start_worker()

from django.core.wsgi import get_wsgi_application  # noqa: E402

from base.variables import refusal_in_one_line  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

with refusal_in_one_line():
    django_application = get_wsgi_application()

    from apim.start import start  # needs the app registry that the line above fills
    from base.limits import with_readable_content_type
    from gateway.dispatch import dispatch

    application = dispatch(admit(with_readable_content_type(django_application)))
    start()
