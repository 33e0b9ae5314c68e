from django.urls import path

from console.email_templates import version_views, views

urlpatterns = [
    path("", views.index, name="letter-list"),
    path(
        "versions/<uuid:public_id>/",
        version_views.show,
        name="letter-version",
    ),
    path(
        "versions/<uuid:public_id>/restore/",
        version_views.restore,
        name="letter-version-restore",
    ),
    path("<slug:letter>/<slug:language>/", views.edit, name="letter-edit"),
    path("<slug:letter>/<slug:language>/test/", views.test, name="letter-test"),
    path(
        "<slug:letter>/<slug:language>/preview/",
        views.preview,
        name="letter-preview",
    ),
    path(
        "<slug:letter>/<slug:language>/difference/",
        version_views.difference_to_original,
        name="letter-difference",
    ),
    path(
        "<slug:letter>/<slug:language>/versions/",
        version_views.versions,
        name="letter-versions",
    ),
    path(
        "<slug:letter>/<slug:language>/restore/",
        version_views.restore_original,
        name="letter-restore",
    ),
]
