from django.db import migrations, models


def days_so_far(apps, schema_editor):
    days = apps.get_model("assignments", "DailyAccess").objects.order_by("day").values_list("day", flat=True)
    counted = apps.get_model("assignments", "CountedDay")
    counted.objects.bulk_create(counted(day=day) for day in days.distinct())


class Migration(migrations.Migration):
    dependencies = [
        ("assignments", "0006_count_what_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunPython(days_so_far, migrations.RunPython.noop),
    ]
