"""Every address of the service."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django_mail_preview import urls as inbox

from apim import health, metrics
from base import errors
from base.doors import open_to_all
from mail import webhooks


@open_to_all(methods=["GET"])
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("favicon.svg"))


handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
# django-allauth's own, looked up by this name.
handler429 = errors.too_many_requests

urlpatterns = [
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", metrics.show, name="metrics"),
    # Asked for by whatever reads no <link rel="icon">. Found when asked: its name has a hash in it.
    path("favicon.ico", favicon, name="favicon"),
    path("mail/webhooks/<slug:provider>/tracking/", webhooks.track, name="mail-webhook"),
    path("", include("portal.account.sign_in_urls")),
    path("", include("portal.urls")),
    path("console/", include("console.urls")),
]

if settings.DEBUG:
    # The package's own guard closes these pages without DEBUG; ours would ask for a sign-in.
    for pattern in inbox.urlpatterns:
        pattern.callback = open_to_all(pattern.callback)
    urlpatterns += [path("inbox/", include(inbox))]
