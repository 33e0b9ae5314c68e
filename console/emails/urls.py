from django.urls import path

from console.emails import views

urlpatterns = [
    path("", views.index, name="email-list"),
    path("bulk/", views.bulk, name="email-bulk"),
    path("send/held/", views.send_all, {"state": "held"}, name="email-send-held"),
    path("send/failed/", views.send_all, {"state": "failed"}, name="email-send-failed"),
    path("<uuid:public_id>/", views.show, name="email-detail"),
    path("<uuid:public_id>/send/", views.send, name="email-send"),
    path("<uuid:public_id>/cancel/", views.cancel, name="email-cancel"),
]
