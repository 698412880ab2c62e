import django.core.serializers.json
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('action', models.CharField(max_length=40)),
                ('outcome', models.CharField(choices=[('success', 'Success'), ('failure', 'Failure')], max_length=8)),
                ('actor_kind', models.CharField(blank=True, max_length=16)),
                ('actor_id', models.CharField(blank=True, max_length=64)),
                ('actor_name', models.CharField(blank=True, max_length=200)),
                ('target_kind', models.CharField(blank=True, max_length=16)),
                ('target_id', models.CharField(blank=True, max_length=64)),
                ('target_name', models.CharField(blank=True, max_length=200)),
                ('role', models.CharField(blank=True, max_length=200)),
                ('provider', models.CharField(choices=[('directory', 'Directory roles'), ('groups', 'Groups'), ('resources', 'Resources')], max_length=16)),
                ('resource_path', models.TextField()),
                ('resource_name', models.CharField(blank=True, max_length=200)),
                ('justification', models.TextField(blank=True)),
                ('ticket', models.TextField(blank=True)),
                ('details', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
            ],
            options={
                'indexes': [models.Index(fields=['at', 'id'], name='audit_event_at'), models.Index(fields=['actor_id', 'at'], name='audit_event_actor'), models.Index(fields=['target_id', 'at'], name='audit_event_target'), models.Index(fields=['resource_path'], name='audit_event_path', opclasses=['text_pattern_ops'])],
            },
        ),
    ]
