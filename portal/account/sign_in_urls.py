"""The sign-in ceremonies at our stable addresses, under the names django-allauth looks them up by."""

from allauth.account import views
from django.urls import path, re_path

from base.doors import open_to_all, signed_in_only
from portal.account import password_views, sign_in_views

urlpatterns = [
    path("sign-in/", open_to_all(sign_in_views.SignIn.as_view()), name="account_login"),
    path("sign-out/", open_to_all(views.logout), name="account_logout"),
    path(
        "sign-in/again/",
        signed_in_only(sign_in_views.Reauthenticate.as_view()),
        name="account_reauthenticate",
    ),
    path(
        "password/reset/",
        open_to_all(sign_in_views.RequestPasswordLink.as_view()),
        name="account_reset_password",
    ),
    path(
        "password/reset/sent/",
        open_to_all(methods=["GET"])(views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9a-f]{32})-(?P<key>[A-Za-z0-9_-]+)/$",
        password_views.choose,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        open_to_all(methods=["GET"])(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path(
        "profile/password/",
        signed_in_only(sign_in_views.ChangePassword.as_view()),
        name="account_change_password",
    ),
]
