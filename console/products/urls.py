from django.urls import path

from console.products import views

urlpatterns = [
    path("", views.index, name="product-list"),
    path("add/", views.create, name="product-create"),
    path("<uuid:public_id>/", views.show, name="product-detail"),
    path("<uuid:public_id>/edit/", views.edit, name="product-edit"),
    path("<uuid:public_id>/publish/", views.publish, name="product-publish"),
    path("<uuid:public_id>/unpublish/", views.unpublish, name="product-unpublish"),
    path("<uuid:public_id>/visibility/", views.roles, name="product-roles"),
    path("<uuid:public_id>/apis/", views.apis, name="product-apis"),
    path("<uuid:public_id>/delete/", views.delete, name="product-delete"),
]
