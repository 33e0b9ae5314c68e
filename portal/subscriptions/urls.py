from django.urls import path

from portal.subscriptions import key_views, views

urlpatterns = [
    path("", views.index, name="subscription-list"),
    path("<uuid:public_id>/rename/", views.rename, name="subscription-rename"),
    path("<uuid:public_id>/cancel/", views.cancel, name="subscription-cancel"),
    path("<uuid:public_id>/keys/", key_views.issue, name="key-create"),
    path(
        "<uuid:public_id>/keys/<uuid:key_id>/regenerate/",
        key_views.regenerate,
        name="key-regenerate",
    ),
    path("<uuid:public_id>/keys/<uuid:key_id>/end/", key_views.end, name="key-revoke"),
]
