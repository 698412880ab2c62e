"""Addresses of alerts. Those of one alert name the provider that it is looked at in."""

from django.urls import path

from apps.alerts.views import details, lists

_ALERT = "<provider:provider>/alerts/<slug:rule>/"

app_name = "alerts"
urlpatterns = [
    path("alerts/", lists.everywhere, name="all"),
    path("alerts/scan/", lists.scan, name="scan"),
    path("<provider:provider>/alerts/", lists.of_place, name="list"),
    path(_ALERT, details.detail, name="detail"),
]
