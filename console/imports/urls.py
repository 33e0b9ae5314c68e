from django.urls import path

from console.imports import row_views, views

urlpatterns = [
    path("", views.index, name="import-list"),
    path("new/", views.create, name="import-create"),
    path("<uuid:public_id>/", views.show, name="import-detail"),
    path("<uuid:public_id>/progress/", views.progress, name="import-progress"),
    path("<uuid:public_id>/columns/", views.columns, name="import-columns"),
    path("<uuid:public_id>/start/", views.start, name="import-start"),
    path("<uuid:public_id>/stop/", views.stop, name="import-stop"),
    path("<uuid:public_id>/delete/", views.delete, name="import-delete"),
    path("<uuid:public_id>/report/", row_views.report, name="import-report"),
    path("<uuid:public_id>/rows/", row_views.bulk, name="import-row-bulk"),
    path("<uuid:public_id>/rows/problems/", row_views.problems, name="import-row-problems"),
    path("<uuid:public_id>/rows/check/", row_views.check, name="import-row-check"),
    path("<uuid:public_id>/rows/<int:number>/", row_views.mend, name="import-row-edit"),
]
