from django.urls import path

from console.invitations import address_views, bulk_invite_views, views

urlpatterns = [
    path("", views.index, name="invitation-list"),
    path("new/", views.create, name="invitation-create"),
    path("several/", bulk_invite_views.several, name="invitation-bulk-create"),
    path("several/check/", bulk_invite_views.check, name="invitation-bulk-check"),
    path("bulk/", views.bulk, name="invitation-bulk"),
    path("<uuid:public_id>/", views.show, name="invitation-detail"),
    path("<uuid:public_id>/letter/", views.letter, name="invitation-email"),
    path("<uuid:public_id>/link/", views.reveal, name="invitation-link"),
    path(
        "<uuid:public_id>/address/",
        address_views.correct,
        name="invitation-address",
    ),
    path("<uuid:public_id>/resend/", views.resend, name="invitation-resend"),
    path("<uuid:public_id>/revoke/", views.revoke, name="invitation-revoke"),
]
