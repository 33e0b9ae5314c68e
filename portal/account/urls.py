from django.urls import path

from portal.account import theme_views, views

urlpatterns = [
    path("theme/", theme_views.theme, name="theme"),
    path("profile/", views.edit, name="profile-edit"),
    path("profile/sessions/end/", views.end_sessions, name="session-sign-out-all"),
    path("profile/sessions/<uuid:public_id>/end/", views.end_session, name="session-sign-out"),
]
