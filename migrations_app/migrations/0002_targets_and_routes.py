import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60)),
                ('kind', models.CharField(choices=[('session_store', 'session store'), ('config_file', 'config file'), ('adapter_project', 'adapter project'), ('database', 'database'), ('worker_pool', 'worker pool')], max_length=20)),
                ('config', models.JSONField(default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='migrations_app.environment')),
            ],
            options={
                'ordering': ['environment__position', 'name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['session_store', 'config_file', 'adapter_project', 'database', 'worker_pool'])), name='target_kind_known'), models.UniqueConstraint(fields=('environment', 'name'), name='target_name_once')],
            },
        ),
        migrations.CreateModel(
            name='SealedSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40)),
                ('key_id', models.CharField(max_length=16)),
                ('sealed', models.BinaryField()),
                ('wrapped', models.BinaryField(default=b'')),
                ('changed_at', models.DateTimeField()),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='migrations_app.target')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('target', 'name'), name='secret_name_once')],
            },
        ),
        migrations.CreateModel(
            name='TargetProbe',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('ok', models.BooleanField()),
                ('message', models.CharField(blank=True, max_length=500)),
                ('facts', models.JSONField(default=dict)),
                ('fingerprint', models.JSONField(default=dict)),
                ('target', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='last_probe', to='migrations_app.target')),
            ],
        ),
        migrations.CreateModel(
            name='StoredSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60)),
                ('key_id', models.CharField(max_length=16)),
                ('sealed', models.BinaryField()),
                ('wrapped', models.BinaryField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stored_secrets', to='migrations_app.environment')),
            ],
            options={
                'ordering': ['environment__position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('environment', 'name'), name='stored_secret_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=80, unique=True)),
                ('epoch', models.PositiveBigIntegerField(default=1)),
                ('phase', models.CharField(choices=[('plain_a', 'plain a'), ('journal_a', 'journal a'), ('dual_a', 'dual a'), ('handoff', 'handoff'), ('dual_b', 'dual b'), ('handoff_back', 'handoff back'), ('single_b', 'single b'), ('retired', 'retired')], max_length=16)),
                ('authority', models.CharField(choices=[('a', 'a'), ('b', 'b')], max_length=1)),
                ('stores', models.JSONField(default=dict)),
                ('buckets', models.JSONField(blank=True, default=list, help_text='Ranges, while buckets differ.')),
                ('fenced', models.BooleanField(default=False)),
                ('reserved_epoch', models.PositiveBigIntegerField(default=0)),
                ('handoff_deadline', models.DateTimeField(blank=True, null=True)),
                ('changed_at', models.DateTimeField()),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='routes', to='migrations_app.environment')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('phase__in', ['plain_a', 'journal_a', 'dual_a', 'handoff', 'dual_b', 'handoff_back', 'single_b', 'retired'])), name='route_phase_known')],
            },
        ),
        migrations.CreateModel(
            name='RouteLease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=80)),
                ('boot_id', models.CharField(max_length=80)),
                ('acked_epoch', models.PositiveBigIntegerField()),
                ('build', models.CharField(blank=True, max_length=80)),
                ('counters', models.JSONField(default=dict)),
                ('max_acked_seq', models.PositiveBigIntegerField(default=0)),
                ('renewed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leases', to='migrations_app.route')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('route', 'client_id'), name='route_client_once')],
            },
        ),
        migrations.CreateModel(
            name='RoutePanel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('values', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='panels', to='migrations_app.route')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('route', 'name'), name='route_panel_once')],
            },
        ),
        migrations.CreateModel(
            name='RouteSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(choices=[('lag_ms', 'lag ms'), ('added_us', 'added us')], max_length=16)),
                ('place', models.PositiveSmallIntegerField()),
                ('span', models.PositiveBigIntegerField()),
                ('value', models.PositiveBigIntegerField()),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='migrations_app.route')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('series__in', ['lag_ms', 'added_us'])), name='route_series_known'), models.UniqueConstraint(fields=('route', 'series', 'place'), name='route_sample_once')],
            },
        ),
    ]
