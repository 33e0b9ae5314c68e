from django.urls import path

from console.subscriptions import bulk_views, key_views, list_views, views

urlpatterns = [
    path("", list_views.index, name="subscription-list"),
    path("add/", list_views.create, name="subscription-create"),
    path("export/", list_views.export, name="subscription-export"),
    path("bulk/", bulk_views.bulk, name="subscription-bulk"),
    path("<uuid:public_id>/", views.show, name="subscription-detail"),
    *[
        path(f"<uuid:public_id>/{verb}/", view, name=f"subscription-{verb}")
        for verb, view in {
            "approve": views.approve,
            "reject": views.reject,
            "suspend": views.suspend,
            "activate": views.activate,
            "cancel": views.cancel,
            "rename": views.rename,
            "delete": views.delete,
        }.items()
    ],
    path("<uuid:public_id>/end/", views.end, name="subscription-expiry"),
    path("<uuid:public_id>/keys/add/", key_views.issue, name="key-create"),
    path("<uuid:public_id>/keys/import/", key_views.import_key, name="key-import"),
    *[
        path(f"<uuid:public_id>/keys/<uuid:key_id>/{verb}/", view, name=f"key-{verb}")
        for verb, view in {
            "regenerate": key_views.regenerate,
            "expiry": key_views.expiry,
        }.items()
    ],
    path("<uuid:public_id>/keys/<uuid:key_id>/end/", key_views.end, name="key-revoke"),
]
