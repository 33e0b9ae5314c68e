from django.urls import path

from portal.account import theme_views, views

urlpatterns = [
    path("theme/", theme_views.theme, name="theme"),
    path("profile/", views.edit, name="profile"),
    path("profile/sessions/end/", views.end_sessions, name="sessions-end"),
    path("profile/sessions/<uuid:public_id>/end/", views.end_session, name="session-end"),
]
