from django.urls import path

from apps.notifications import views

app_name = "notifications"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/settings/", views.preferences, name="preferences"),
    path("inbox/read/", views.read_all, name="read_all"),
    path("inbox/<uuid:pk>/open/", views.open_notice, name="open"),
]
