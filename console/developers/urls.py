from django.urls import path

from console.access import views as explain_views
from console.developers import access_views, bulk_views, list_views, views

urlpatterns = [
    path("", list_views.index, name="developer-list"),
    path("add/", views.add, name="developer-create"),
    path("export/", list_views.export, name="developer-export"),
    path("bulk/", bulk_views.bulk, name="developer-bulk"),
    path("<uuid:public_id>/", views.show, name="developer-detail"),
    path(
        "<uuid:public_id>/subscriptions/",
        access_views.subscriptions,
        name="developer-subscriptions",
    ),
    path("<uuid:public_id>/keys/", access_views.keys, name="developer-keys"),
    path("<uuid:public_id>/edit/", views.edit, name="developer-edit"),
    path("<uuid:public_id>/block/", views.block, name="developer-block"),
    path("<uuid:public_id>/activate/", views.activate, name="developer-activate"),
    path("<uuid:public_id>/test/", explain_views.test_now, name="developer-test"),
    path("<uuid:public_id>/delete/", views.delete, name="developer-delete"),
    path("<uuid:public_id>/roles/", views.roles, name="developer-roles"),
    path("<uuid:public_id>/note/", views.note, name="developer-note"),
    path("<uuid:public_id>/password/", views.password, name="developer-password"),
    path(
        "<uuid:public_id>/password-link/",
        views.password_link,
        name="developer-password-link",
    ),
    path(
        "<uuid:public_id>/sessions/end/",
        views.sessions_end,
        name="developer-sign-out",
    ),
]
