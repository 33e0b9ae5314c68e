from django.urls import path

from console.activity import views

urlpatterns = [
    path("", views.index, name="activity-list"),
    path("export/", views.export, name="activity-export"),
]
