from django.urls import path

from apps.administration.views import webhooks

_ONE = "installation/webhooks/<uuid:pk>/"
urlpatterns = [
    path("installation/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("installation/webhooks/new/", webhooks.add, name="add_webhook"),
    path(_ONE, webhooks.webhook, name="webhook"),
    path(f"{_ONE}change/", webhooks.change, name="change_webhook"),
    path(f"{_ONE}secret/", webhooks.renew, name="renew_webhook_secret"),
    path(f"{_ONE}pause/", webhooks.pause, name="pause_webhook"),
    path(f"{_ONE}resume/", webhooks.resume, name="resume_webhook"),
    path(f"{_ONE}delete/", webhooks.delete, name="delete_webhook"),
    path(f"{_ONE}test/", webhooks.test, name="test_webhook"),
    path(
        "installation/webhooks/deliveries/<uuid:pk>/", webhooks.send_delivery_again, name="send_webhook_again"
    ),
]
