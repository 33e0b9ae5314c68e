"""django-allauth's views at our stable addresses, under the names allauth looks them up by."""

from allauth.account import views
from django.urls import path, re_path

urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-out/", views.logout, name="account_logout"),
    path("sign-in/again/", views.reauthenticate, name="account_reauthenticate"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9a-f]{32})-(?P<key>[A-Za-z0-9_-]+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("profile/password/", views.password_change, name="account_change_password"),
]
