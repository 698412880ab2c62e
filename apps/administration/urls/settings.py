from django.urls import path

from apps.administration.views import settings as views

urlpatterns = [
    path("<provider:provider>/settings/", views.settings_list, name="settings"),
    path("<provider:provider>/settings/<uuid:pk>/", views.role_settings, name="role_settings"),
]
