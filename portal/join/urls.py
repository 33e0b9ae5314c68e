from django.urls import path

from portal.join import views

urlpatterns = [
    path("<str:token>/", views.join, name="join"),
]
