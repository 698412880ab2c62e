from django.urls import path

from apps.administration.views import resources as views

urlpatterns = [
    path("resources/", views.resource_list, name="resources"),
    path("resources/export/", views.export, name="export_resources"),
    path("resources/new/", views.create, name="create_resource"),
    path("resources/<uuid:pk>/", views.resource, name="resource"),
    path("resources/<uuid:pk>/change/", views.change, name="change_resource"),
    path("resources/<uuid:pk>/move/", views.move, name="move_resource"),
    path("resources/<uuid:pk>/retire/", views.retire, name="retire_resource"),
]
