"""Every address of the service."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("portal.sign_in_urls")),
    path("", include("portal.urls")),
    path("console/", include("console.urls")),
]

if settings.DEBUG:
    urlpatterns += [path("inbox/", include("django_mail_preview.urls"))]
