"""Addresses of alerts. Those of one alert name the provider that it is looked at in."""

from django.urls import path

from apps.alerts.views import details, discovery, fixing, lists

_ALERT = "<provider:provider>/alerts/<slug:rule>/"

app_name = "alerts"
urlpatterns = [
    path("alerts/", lists.everywhere, name="all"),
    path("alerts/scan/", lists.scan, name="scan"),
    path("alerts/fix/", fixing.fix, name="fix"),
    path("discovery/", discovery.discovery, name="discovery"),
    path("discovery/<slug:step>/", discovery.discovery, name="discovery"),
    path("<provider:provider>/alerts/", lists.of_place, name="list"),
    path(_ALERT, details.detail, name="detail"),
]
