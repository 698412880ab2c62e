from django.urls import path

from apps.administration.views import imports

urlpatterns = [
    path("imports/", imports.jobs, name="imports"),
    path("imports/new/<slug:kind>/", imports.new, name="new_import"),
    path("imports/new/<slug:kind>/template/", imports.template, name="import_template"),
    path("imports/<uuid:pk>/", imports.detail, name="import"),
    path("imports/<uuid:pk>/stop/", imports.stop, name="stop_import"),
    path("imports/<uuid:pk>/reverse/", imports.take_back, name="reverse_import"),
    path("imports/<uuid:pk>/report/", imports.report, name="import_report"),
]
