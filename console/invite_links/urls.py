from django.urls import path

from console.invite_links import views

urlpatterns = [
    path("", views.index, name="link-list"),
    path("new/", views.create, name="link-create"),
    path("<uuid:public_id>/", views.show, name="link-show"),
    *[
        path(f"<uuid:public_id>/{verb}/", view, name=f"link-{verb}")
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
