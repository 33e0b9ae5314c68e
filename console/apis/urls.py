from django.urls import path

from console.apis import views

urlpatterns = [
    path("", views.index, name="api-list"),
    path("add/", views.create, name="api-create"),
    path("<uuid:public_id>/", views.show, name="api-detail"),
    path("<uuid:public_id>/edit/", views.edit, name="api-edit"),
    path("<uuid:public_id>/openapi/", views.openapi, name="api-openapi"),
    path("<uuid:public_id>/delete/", views.delete, name="api-delete"),
]
