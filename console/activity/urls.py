from django.urls import path

from console.activity import views

urlpatterns = [
    path("", views.index, name="activity"),
    path("export/", views.export, name="activity-export"),
]
