"""The provider's door: where it reports what became of letters.

anymail has a view for each provider, which checks the secret (and the provider's signature, where it
has one) and reads the payload. Ours stands in front of them and opens one: that of the provider in
use, and only once a secret is set. The addresses are anymail's own, so that its manual fits.
"""

import logging

from anymail.urls import urlpatterns
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBadRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from base.doors import KB, open_to_all

logger = logging.getLogger(__name__)

_BACKENDS = "anymail.backends."
_views = {pattern.name: pattern.callback for pattern in urlpatterns}


def configured_provider() -> str:
    """The provider in anymail's spelling, for example ``postmark``; empty for any other mailer."""
    backend: str = settings.MAILERS["default"]["BACKEND"]
    return backend.removeprefix(_BACKENDS).split(".")[0] if backend.startswith(_BACKENDS) else ""


# As much as Django reads into memory: a provider may report a thousand emails at once.
@open_to_all(body=2560 * KB)
@csrf_exempt
def track(request: HttpRequest, provider: str) -> HttpResponseBase:
    """One report, or a batch of them; ``mail.tracking`` takes them from there.

    404 while nobody set ``APIM_MAIL_WEBHOOK_SECRET`` and for every other provider, 400 for a wrong
    secret or signature and for what is no report.
    """
    view = _views.get(f"{provider}_tracking_webhook")
    is_open = provider == configured_provider() and settings.ANYMAIL.get("WEBHOOK_SECRET")
    if view is None or not is_open:
        raise Http404
    try:
        return view(request)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # anymail reads the payload as the provider's manual has it. Our own half answers with
        # Django's and the database's errors, which are none of these.
        logger.warning("A report of %s cannot be read: %r", provider, error, exc_info=True)
        return HttpResponseBadRequest("This is no report.")
