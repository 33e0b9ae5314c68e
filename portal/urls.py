from django.urls import path

from portal.views import help_page, home, invitations, profile, theme

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("welcome/", home.after_sign_in, name="after-sign-in"),
    path("help/", help_page.show, name="help"),
    path("theme/", theme.theme, name="theme"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
    path("invitations/<str:token>/decline/", invitations.decline, name="invitation-decline"),
    path("invitations/<str:token>/renew/", invitations.renew, name="invitation-renew"),
    path("profile/", profile.edit, name="profile"),
    path("profile/sessions/end/", profile.end_sessions, name="sessions-end"),
    path("profile/sessions/<uuid:public_id>/end/", profile.end_session, name="session-end"),
]
