from django.urls import path

from console.views import (
    activity,
    developer,
    developers,
    developers_bulk,
    invitations,
    overview,
    roles,
    settings,
)

app_name = "console"

urlpatterns = [
    # People
    path("developers/", developers.index, name="developers"),
    path("developers/add/", developer.add, name="developer-add"),
    path("developers/export/", developers.export, name="developers-export"),
    path("developers/bulk/", developers_bulk.bulk, name="developers-bulk"),
    path("developers/<uuid:public_id>/", developer.show, name="developer"),
    path("developers/<uuid:public_id>/edit/", developer.edit, name="developer-edit"),
    path("developers/<uuid:public_id>/block/", developer.block, name="developer-block"),
    path("developers/<uuid:public_id>/activate/", developer.activate, name="developer-activate"),
    path("developers/<uuid:public_id>/delete/", developer.delete, name="developer-delete"),
    path("developers/<uuid:public_id>/roles/", developer.roles, name="developer-roles"),
    path("developers/<uuid:public_id>/note/", developer.note, name="developer-note"),
    path("developers/<uuid:public_id>/password/", developer.password, name="developer-password"),
    path(
        "developers/<uuid:public_id>/password-link/",
        developer.password_link,
        name="developer-password-link",
    ),
    path(
        "developers/<uuid:public_id>/sessions/end/",
        developer.sessions_end,
        name="developer-sessions-end",
    ),
    # Invitations
    path("invitations/", invitations.index, name="invitations"),
    path("invitations/new/", invitations.create, name="invitation-create"),
    path("invitations/bulk/", invitations.bulk, name="invitations-bulk"),
    path("invitations/<uuid:public_id>/", invitations.show, name="invitation"),
    path("invitations/<uuid:public_id>/letter/", invitations.letter, name="invitation-letter"),
    path("invitations/<uuid:public_id>/link/", invitations.reveal, name="invitation-link"),
    path("invitations/<uuid:public_id>/resend/", invitations.resend, name="invitation-resend"),
    path("invitations/<uuid:public_id>/revoke/", invitations.revoke, name="invitation-revoke"),
    # Roles
    path("roles/", roles.index, name="roles"),
    path("roles/new/", roles.create, name="role-create"),
    path("roles/<uuid:public_id>/", roles.show, name="role"),
    path("roles/<uuid:public_id>/edit/", roles.edit, name="role-edit"),
    path("roles/<uuid:public_id>/delete/", roles.delete, name="role-delete"),
    path("roles/<uuid:public_id>/members/add/", roles.add_members, name="role-member-add"),
    path("roles/<uuid:public_id>/members/remove/", roles.remove_members, name="role-member-remove"),
    # Overview, activity, settings
    path("", overview.overview, name="overview"),
    path("activity/", activity.index, name="activity"),
    path("activity/export/", activity.export, name="activity-export"),
    path("settings/", settings.edit, name="settings"),
]
