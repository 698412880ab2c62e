from django.urls import path

from apps.administration.views import search as views

urlpatterns = [path("search/", views.find, name="search")]
