from django.urls import path

from portal.invitations import views

urlpatterns = [
    path("<str:token>/", views.accept, name="invitation-accept"),
    path("<str:token>/decline/", views.decline, name="invitation-decline"),
    path("<str:token>/renew/", views.renew, name="invitation-renew"),
]
