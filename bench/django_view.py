"""The alternative: the same decision as a Django view, through middleware and ORM."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apim.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = __name__
application = get_wsgi_application()

from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from base.doors import open_to_all  # noqa: E402
from catalog.access.explanation import facts_of  # noqa: E402
from catalog.access.rule import decide  # noqa: E402
from catalog.keys import digests_of  # noqa: E402
from catalog.models import Api, Key  # noqa: E402


@open_to_all
def authorize(request):
    keys = Key.objects.select_related("subscription__owner", "subscription__product")
    value = request.headers.get("Ocp-Apim-Subscription-Key", "")
    key = keys.filter(digest__in=digests_of(value)).first()
    reason = decide(facts_of(api=Api.objects.get(path_prefix="/orders"), key=key))
    return HttpResponse(status=401 if reason else 200)


urlpatterns = [path("gateway/authorize", authorize)]
