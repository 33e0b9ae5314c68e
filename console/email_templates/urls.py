from django.urls import path

from console.email_templates import version_views, views

urlpatterns = [
    path("", views.index, name="email-template-list"),
    path(
        "versions/<uuid:public_id>/",
        version_views.show,
        name="email-template-version",
    ),
    path(
        "versions/<uuid:public_id>/restore/",
        version_views.restore,
        name="email-template-version-restore",
    ),
    path("<slug:letter>/<slug:language>/", views.edit, name="email-template-edit"),
    path("<slug:letter>/<slug:language>/test/", views.test, name="email-template-test"),
    path(
        "<slug:letter>/<slug:language>/preview/",
        views.preview,
        name="email-template-preview",
    ),
    path(
        "<slug:letter>/<slug:language>/difference/",
        version_views.difference_to_original,
        name="email-template-difference",
    ),
    path(
        "<slug:letter>/<slug:language>/versions/",
        version_views.versions,
        name="email-template-versions",
    ),
    path(
        "<slug:letter>/<slug:language>/restore/",
        version_views.restore_original,
        name="email-template-restore",
    ),
]
