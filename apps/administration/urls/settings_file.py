from django.urls import path

from apps.administration.views import settings_compare, settings_file, settings_many

urlpatterns = [
    path("settings/file/", settings_file.settings_file, name="settings_file"),
    path("settings/file/export/", settings_file.export, name="export_settings"),
    path("<provider:provider>/settings/compare/", settings_compare.compare, name="compare_settings"),
    path("<provider:provider>/settings/many/", settings_many.many, name="change_many_settings"),
    path("<provider:provider>/settings/<uuid:pk>/copy/", settings_many.copy, name="copy_settings"),
]
