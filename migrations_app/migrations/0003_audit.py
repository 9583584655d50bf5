import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from migrations_app.migrations._audit_triggers import create_statements, drop_statements
from migrations_app.migrations._statements import carrying_out


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0002_targets_and_routes'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('seq', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('body', models.BinaryField()),
                ('previous', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=150)),
                ('on_behalf_of', models.CharField(blank=True, max_length=150)),
                ('token', models.CharField(blank=True, max_length=40)),
                ('address', models.CharField(blank=True, max_length=100)),
                ('action', models.CharField(max_length=60)),
                ('outcome', models.CharField(max_length=8)),
                ('object_type', models.CharField(max_length=40)),
                ('object_id', models.CharField(max_length=40)),
                ('environment', models.CharField(blank=True, max_length=60)),
                ('request_id', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-seq'],
                'indexes': [models.Index(fields=['object_type', 'object_id', 'seq'], name='audit_by_object'), models.Index(fields=['object_type', 'seq'], name='audit_by_object_type'), models.Index(fields=['actor', 'seq'], name='audit_by_actor'), models.Index(fields=['action', 'seq'], name='audit_by_action'), models.Index(fields=['environment', 'seq'], name='audit_by_environment'), models.Index(fields=['outcome', 'seq'], name='audit_by_outcome'), models.Index(fields=['on_behalf_of', 'seq'], name='audit_by_on_behalf_of'), models.Index(fields=['token', 'seq'], name='audit_by_token'), models.Index(fields=['address', 'seq'], name='audit_by_address'), models.Index(fields=['request_id', 'seq'], name='audit_by_request'), models.Index(fields=['at', 'seq'], name='audit_by_time')],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('seq', models.PositiveBigIntegerField(default=0)),
                ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_audit_head')],
            },
        ),
        migrations.CreateModel(
            name='AuditProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('entries', models.PositiveBigIntegerField()),
                ('head', models.CharField(max_length=64)),
                ('ok', models.BooleanField()),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('damage', models.CharField(blank=True, help_text='Its kind; empty for an intact chain.', max_length=12)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='AuditWatch',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('through', models.PositiveBigIntegerField()),
                ('head', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuditCheckpoint',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('first', models.PositiveBigIntegerField()),
                ('last', models.PositiveBigIntegerField(unique=True)),
                ('body', models.TextField()),
                ('signature', models.CharField(max_length=128)),
                ('public_key', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('first__lte', models.F('last'))), name='audit_checkpoint_ordered')],
            },
        ),
        migrations.CreateModel(
            name='AuditPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=500, unique=True)),
                ('written_through', models.PositiveBigIntegerField(default=0)),
                ('written_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='AuditRetention',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('removed_through', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_audit_retention')],
            },
        ),
        migrations.CreateModel(
            name='AuditReading',
            fields=[
                ('what', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuditExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('writing', 'writing'), ('ready', 'ready'), ('failed', 'failed'), ('removed', 'removed')], default='waiting', max_length=8)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('reached', models.PositiveBigIntegerField(default=0)),
                ('through', models.PositiveBigIntegerField()),
                ('alive_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('format', models.CharField(max_length=8)),
                ('filters', models.JSONField(default=dict)),
                ('environments', models.JSONField(null=True)),
                ('entries', models.PositiveBigIntegerField(default=0)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='audit_exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'writing', 'ready', 'failed', 'removed'])), name='audit_export_state')],
            },
        ),
        migrations.RunPython(carrying_out(create_statements), carrying_out(drop_statements)),
    ]
