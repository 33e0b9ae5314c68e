from django.urls import path

from portal.views import (
    apis,
    help_page,
    home,
    invitations,
    join,
    keys,
    products,
    profile,
    subscriptions,
    theme,
    trials,
)

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("welcome/", home.after_sign_in, name="after-sign-in"),
    path("help/", help_page.show, name="help"),
    path("theme/", theme.theme, name="theme"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
    path("invitations/<str:token>/decline/", invitations.decline, name="invitation-decline"),
    path("invitations/<str:token>/renew/", invitations.renew, name="invitation-renew"),
    path("join/<str:token>/", join.join, name="join"),
    # Products, subscriptions, keys
    path("products/", products.index, name="product-list"),
    path("products/<slug:slug>/", products.show, name="product-show"),
    path("products/<slug:slug>/subscribe/", products.subscribe, name="product-subscribe"),
    path("subscriptions/", subscriptions.index, name="subscription-list"),
    path(
        "subscriptions/<uuid:public_id>/rename/", subscriptions.rename, name="subscription-rename"
    ),
    path(
        "subscriptions/<uuid:public_id>/cancel/", subscriptions.cancel, name="subscription-cancel"
    ),
    path("subscriptions/<uuid:public_id>/keys/", keys.issue, name="key-issue"),
    path(
        "subscriptions/<uuid:public_id>/keys/<uuid:key_id>/regenerate/",
        keys.regenerate,
        name="key-regenerate",
    ),
    path("subscriptions/<uuid:public_id>/keys/<uuid:key_id>/end/", keys.end, name="key-end"),
    # APIs
    path("apis/", apis.index, name="api-list"),
    path("apis/<slug:slug>/", apis.show, name="api-show"),
    path("apis/<slug:slug>/try/<slug:anchor>/", trials.show, name="api-try"),
    # Oneself
    path("profile/", profile.edit, name="profile"),
    path("profile/sessions/end/", profile.end_sessions, name="sessions-end"),
    path("profile/sessions/<uuid:public_id>/end/", profile.end_session, name="session-end"),
]
