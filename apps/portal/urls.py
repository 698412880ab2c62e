from django.conf import settings
from django.urls import path

from apps.portal import views
from apps.portal.demo import codes, mailbox, sign_in

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/mailbox/", mailbox.mailbox, name="demo_mailbox"),
        path("demo/mailbox/<uuid:pk>/", mailbox.mail, name="demo_mail"),
        path("demo/mailbox/<uuid:pk>/html/", mailbox.mail_html, name="demo_mail_html"),
        path("demo/codes/", codes.codes, name="demo_codes"),
        path("demo/sign-in/", sign_in.sign_in, name="demo_sign_in"),
    ]
