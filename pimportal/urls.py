"""Every address of the portal, one include per app."""

from django.urls import include, path

from apps.common.web import converters  # noqa: F401 (makes `<provider:…>` known)

handler400 = "apps.accounts.views.sign_in.bad_request"
handler500 = "apps.common.web.errors.server_error"

urlpatterns = [
    path("", include("apps.portal.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.administration.urls")),
    path("", include("apps.alerts.urls")),
    path("", include("apps.reviews.urls")),
    path("", include("apps.access_requests.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.audit.urls")),
]
