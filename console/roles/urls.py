from django.urls import path

from console.roles import views

urlpatterns = [
    path("", views.index, name="role-list"),
    path("new/", views.create, name="role-create"),
    path("<uuid:public_id>/", views.show, name="role-detail"),
    path("<uuid:public_id>/edit/", views.edit, name="role-edit"),
    path("<uuid:public_id>/delete/", views.delete, name="role-delete"),
    path("<uuid:public_id>/members/add/", views.add_members, name="role-member-add"),
    path("<uuid:public_id>/members/remove/", views.remove_members, name="role-member-remove"),
]
