from django.apps import AppConfig


class AccessRequestsConfig(AppConfig):
    name = "apps.access_requests"
    label = "access_requests"
