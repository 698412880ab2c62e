from django.urls import path

from apps.administration.views import audit as views

urlpatterns = [
    path("<provider:provider>/audit/", views.log, name="audit"),
    path("<provider:provider>/audit/export/", views.export, name="export_audit"),
]
