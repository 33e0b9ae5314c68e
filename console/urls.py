"""The console's addresses, a module per menu entry. The first that matches is taken."""

from django.urls import include, path

app_name = "console"

urlpatterns = [
    path("", include("console.overview.urls")),
    path("developers/", include("console.developers.urls")),
    path("invitations/links/", include("console.invite_links.urls")),
    path("invitations/", include("console.invitations.urls")),
    path("imports/", include("console.imports.urls")),
    path("roles/", include("console.roles.urls")),
    path("products/", include("console.products.urls")),
    path("packages/", include("console.packages.urls")),
    path("apis/", include("console.apis.urls")),
    path("subscriptions/", include("console.subscriptions.urls")),
    path("access/", include("console.access.urls")),
    path("gateways/", include("console.gateways.urls")),
    path("mail/letters/", include("console.email_templates.urls")),
    path("mail/", include("console.emails.urls")),
    path("activity/", include("console.activity.urls")),
    path("settings/", include("console.settings.urls")),
]
