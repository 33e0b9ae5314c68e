from django.urls import path

from console.emails import views

urlpatterns = [
    path("", views.index, name="mail"),
    path("bulk/", views.bulk, name="mail-bulk"),
    path("send/held/", views.send_all, {"state": "held"}, name="mail-send-held"),
    path("send/failed/", views.send_all, {"state": "failed"}, name="mail-send-failed"),
    path("<uuid:public_id>/", views.show, name="mail-letter"),
    path("<uuid:public_id>/send/", views.send, name="mail-send"),
    path("<uuid:public_id>/cancel/", views.cancel, name="mail-cancel"),
]
