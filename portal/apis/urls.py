from django.urls import path

from portal.apis import try_it_views, views

urlpatterns = [
    path("", views.index, name="api-list"),
    path("<slug:slug>/", views.show, name="api-detail"),
    path("<slug:slug>/try/<slug:anchor>/", try_it_views.show, name="api-try"),
]
