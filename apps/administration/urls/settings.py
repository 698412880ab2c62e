from django.urls import path

from apps.administration.views import settings, settings_history

_ROLE = "<provider:provider>/settings/<uuid:pk>/"

urlpatterns = [
    path("<provider:provider>/settings/", settings.settings_list, name="settings"),
    path("<provider:provider>/settings/export/", settings.export_list, name="export_settings_list"),
    path(_ROLE, settings.role_settings, name="role_settings"),
    path(f"{_ROLE}edit/", settings.edit, name="edit_settings"),
    path(f"{_ROLE}inherit/", settings_history.inherit, name="inherit_settings"),
    path(f"{_ROLE}history/", settings_history.history, name="settings_history"),
    path(f"{_ROLE}history/<uuid:change>/restore/", settings_history.restore, name="restore_settings"),
]
