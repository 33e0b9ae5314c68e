from django.urls import path

from console.settings import views

urlpatterns = [
    path("", views.edit, name="settings-edit"),
    path("secrets/", views.secrets, name="settings-secrets"),
]
