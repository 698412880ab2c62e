from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access_requests", "0003_admin_decisions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="accessrequest",
            index=models.Index(fields=["state", "created_at", "id"], name="request_state"),
        ),
    ]
