from django.urls import path

from apps.audit import views

app_name = "audit"
urlpatterns = [
    path("my-history/", views.mine, name="mine"),
    path("audit/", views.everybodys, name="all"),
    path("audit/export/", views.export, name="export"),
]
