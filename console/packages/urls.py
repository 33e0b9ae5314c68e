from django.urls import path

from console.packages import views

urlpatterns = [
    path("", views.index, name="package-list"),
    path("add/", views.create, name="package-create"),
    path("<uuid:public_id>/", views.show, name="package-detail"),
    path("<uuid:public_id>/edit/", views.edit, name="package-edit"),
    path("<uuid:public_id>/delete/", views.delete, name="package-delete"),
]
