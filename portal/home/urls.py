from django.urls import path

from portal.home import help_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("welcome/", views.after_sign_in, name="after-sign-in"),
    path("help/", help_views.show, name="help"),
]
