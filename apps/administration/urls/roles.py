from django.urls import path

from apps.administration.views import audit
from apps.administration.views import roles as views

urlpatterns = [
    path("<provider:provider>/roles/", views.roles, name="roles"),
    path("<provider:provider>/roles/export/", views.export, name="export_roles"),
    path("<provider:provider>/roles/new/", views.create, name="create_role"),
    path("<provider:provider>/roles/<uuid:pk>/", views.role, name="role"),
    path("<provider:provider>/roles/<uuid:pk>/audit/", audit.of_role, name="role_audit"),
    path("<provider:provider>/roles/<uuid:pk>/audit/export/", audit.export_of_role, name="export_role_audit"),
    path("<provider:provider>/roles/<uuid:pk>/change/", views.change, name="change_role"),
    path("<provider:provider>/roles/<uuid:pk>/delete/", views.delete, name="delete_role"),
    path("<provider:provider>/roles/<uuid:pk>/retire/", views.retire, name="retire_role"),
]
