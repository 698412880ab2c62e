"""Addresses of alerts. Those of one alert name the provider that it is looked at in."""

from django.urls import path

from apps.alerts.views import configuring, details, discovery, dismissing, fixing, lists

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
    path(f"{_ALERT}dismiss/", dismissing.dismiss, name="dismiss"),
    path(f"{_ALERT}restore/", dismissing.restore, name="restore"),
    path(f"{_ALERT}settings/", configuring.configure, name="configure"),
    path(f"{_ALERT}inherit/", configuring.inherit, name="inherit"),
]
