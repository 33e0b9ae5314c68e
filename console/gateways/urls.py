from django.urls import path

from console.gateways import views

urlpatterns = [
    path("", views.index, name="gateway-list"),
    path("add/", views.create, name="gateway-create"),
    path("<uuid:public_id>/", views.show, name="gateway-detail"),
    path("<uuid:public_id>/edit/", views.edit, name="gateway-edit"),
    path("<uuid:public_id>/rotate/", views.rotate, name="gateway-rotate"),
    path(
        "<uuid:public_id>/secret/end/",
        views.end_previous,
        name="gateway-secret-revoke",
    ),
    path("<uuid:public_id>/delete/", views.delete, name="gateway-delete"),
    path("configuration/<str:kind>/", views.configuration, name="gateway-config"),
]
