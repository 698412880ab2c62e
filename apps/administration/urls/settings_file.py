from django.urls import path

from apps.administration.views import settings_file as views

urlpatterns = [
    path("settings/file/", views.settings_file, name="settings_file"),
    path("settings/file/export/", views.export, name="export_settings"),
]
