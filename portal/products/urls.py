from django.urls import path

from portal.products import views

urlpatterns = [
    path("", views.index, name="product-list"),
    path("<slug:slug>/", views.show, name="product-detail"),
    path("<slug:slug>/subscribe/", views.subscribe, name="product-subscribe"),
]
