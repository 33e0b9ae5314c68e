"""The portal's addresses, a module per noun; those of sign-in are in portal.account.sign_in_urls."""

from django.urls import include, path

app_name = "portal"

urlpatterns = [
    path("", include("portal.home.urls")),
    path("", include("portal.account.urls")),
    path("invitations/", include("portal.invitations.urls")),
    path("join/", include("portal.join.urls")),
    path("products/", include("portal.products.urls")),
    path("subscriptions/", include("portal.subscriptions.urls")),
    path("apis/", include("portal.apis.urls")),
]
