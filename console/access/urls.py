from django.urls import path

from console.access import views

urlpatterns = [
    path("", views.explain_access, name="access-explain"),
]
