from django.urls import path

from apps.administration.views import mail as views

urlpatterns = [
    path("installation/mail/", views.mail, name="mail"),
    path("installation/mail/send-again/", views.send_again, name="send_mail_again"),
]
