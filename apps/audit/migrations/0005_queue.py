"""Guard seals and stubs as events are, and queue each event for the sealer, also those that are there already."""

from django.db import migrations

from apps.audit import triggers

QUEUE_ALL = "INSERT INTO audit_unsealed (event_id, at) SELECT id, at FROM audit_auditevent"


def install(apps, schema_editor):
    triggers.create(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.drop_queueing(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_seals")]

    operations = [
        migrations.RunSQL(QUEUE_ALL, migrations.RunSQL.noop, elidable=False),
        migrations.RunPython(install, remove, elidable=False),
    ]
