from django.conf import settings
from django.urls import path

from apps.portal.demo import codes, mailbox, sign_in
from apps.portal.views import health, home, metrics, overview, reports

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("health/live/", health.live, name="live"),
    path("health/ready/", health.ready, name="ready"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("overview/", overview.everything, name="overview"),
    path("overview/activations/", overview.activations, name="activations"),
    path("<provider:provider>/overview/", overview.of_place, name="place_overview"),
    path("<provider:provider>/activations/", overview.activations_of_place, name="place_activations"),
    path("report/", reports.report, name="report"),
    path("report/print/", reports.print_report, name="print_report"),
    path("report/export/", reports.export, name="export_report"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/mailbox/", mailbox.mailbox, name="demo_mailbox"),
        path("demo/mailbox/<uuid:pk>/", mailbox.mail, name="demo_mail"),
        path("demo/mailbox/<uuid:pk>/html/", mailbox.mail_html, name="demo_mail_html"),
        path("demo/codes/", codes.codes, name="demo_codes"),
        path("demo/sign-in/", sign_in.sign_in, name="demo_sign_in"),
    ]
