import django.db.models.functions.text
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('address', models.EmailField(max_length=254)),
                ('recipient_id', models.UUIDField(blank=True, null=True)),
                ('recipient_name', models.CharField(blank=True, max_length=120)),
                ('event', models.CharField(max_length=32)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('link', models.CharField(blank=True, max_length=500)),
                ('facts', models.JSONField(blank=True, default=list)),
                ('buttons', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('kept', 'Kept, not sent'), ('failed', 'Given up')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['recipient_id', 'read_at', 'created_at'], name='notice_inbox'), models.Index(fields=['created_at', 'id'], name='notice_created'), models.Index(condition=models.Q(('state__in', ['queued', 'sending'])), fields=['next_try_at'], name='notice_due')],
                'constraints': [models.UniqueConstraint(models.F('key'), django.db.models.functions.text.Lower('address'), name='notice_once_per_key_and_address'), models.CheckConstraint(condition=models.Q(models.Q(('leased_until__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('leased_until__isnull', True)), _connector='OR'), name='notice_sending_is_leased'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='notice_sent_says_when')],
            },
        ),
    ]
