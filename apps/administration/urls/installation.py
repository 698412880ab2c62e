from django.urls import path

from apps.administration.views import installation

urlpatterns = [
    path("setup/", installation.setup, name="setup"),
    path("installation/", installation.installation, name="installation"),
    path("installation/verify-log/", installation.verify_log, name="verify_log"),
    path("setup/test-mail/", installation.send_test_mail, name="send_test_mail"),
    path("setup/backup/", installation.confirm_backup, name="confirm_backup"),
]
