from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0002_round_applied_by_email"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(
                    ("apply_result__in", ["not_supported", "failed"]), ("handled_at__isnull", True)
                ),
                fields=["holder_name", "role_name", "id"],
                name="item_by_hand",
            ),
        ),
    ]
