"""Let the database itself refuse to change or delete audit events."""

from django.db import migrations

from apps.audit import triggers


def install(apps, schema_editor):
    triggers.create(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(install, remove, elidable=False)]
