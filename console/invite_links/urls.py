from django.urls import path

from console.invite_links import views

urlpatterns = [
    path("", views.index, name="invite-link-list"),
    path("new/", views.create, name="invite-link-create"),
    path("<uuid:public_id>/", views.show, name="invite-link-detail"),
    *[
        path(f"<uuid:public_id>/{verb}/", view, name=f"invite-link-{verb}")
        for verb, view in {
            "edit": views.edit,
            "reveal": views.reveal,
            "on": views.turn_on,
            "off": views.turn_off,
            "renew": views.renew,
            "delete": views.delete,
        }.items()
    ],
]
