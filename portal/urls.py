from django.urls import path

from portal.views import home, theme

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("welcome/", home.after_sign_in, name="after-sign-in"),
    path("invitations/<str:token>/", home.home, name="invitation"),
    path("theme/", theme.theme, name="theme"),
]
