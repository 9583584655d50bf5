import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0005_migrations_and_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('approve', 'approve'), ('reject', 'reject'), ('comment', 'comment')], max_length=8)),
                ('digest', models.CharField(max_length=64)),
                ('findings_digest', models.CharField(max_length=64)),
                ('fingerprints', models.JSONField(default=dict)),
                ('comment', models.TextField(blank=True, max_length=10000)),
                ('at', models.DateTimeField()),
                ('voided_at', models.DateTimeField(blank=True, null=True)),
                ('voided_because', models.CharField(blank=True, max_length=200)),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='migrations_app.migration')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to=settings.AUTH_USER_MODEL)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='migrations_app.planrevision')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('decision__in', ['approve', 'reject', 'comment'])), name='signature_decision_known'), models.UniqueConstraint(condition=models.Q(('voided_at__isnull', True), models.Q(('decision', 'comment'), _negated=True)), fields=('migration', 'person'), name='one_live_signature_a_person')],
            },
        ),
        migrations.CreateModel(
            name='AskedPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('dropped_at', models.DateTimeField(blank=True, null=True)),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked_policies', to='migrations_app.migration')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asked', to='migrations_app.policyversion')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True)), fields=('migration', 'version'), name='asked_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='RiskWaiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('rule', models.CharField(max_length=80)),
                ('title', models.CharField(max_length=200)),
                ('evidence', models.TextField()),
                ('weight', models.PositiveSmallIntegerField()),
                ('reason', models.TextField(max_length=1000)),
                ('given_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, help_text='Withdrawn, or replaced by another one.', null=True)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waivers', to='migrations_app.migration')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('migration', 'digest', 'rule'), name='one_open_waiver_a_finding'), models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='waiver_weighs'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('given_at')), ('until__lte', django.db.models.expressions.CombinedExpression(models.F('given_at'), '+', models.Value(datetime.timedelta(days=30))))), name='waiver_length_sane')],
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(max_length=2000)),
                ('at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('comment', models.TextField(blank=True, max_length=10000)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='break_glass', to='migrations_app.run')),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='break_glasses', to='migrations_app.migration')),
            ],
            options={
                'verbose_name_plural': 'break glasses',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['id'], name='break_glass_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='break_glass_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('comment', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), models.Q(('comment', ''), _negated=True)), _connector='OR'), name='break_glass_closed_with_a_comment'), models.CheckConstraint(condition=models.Q(('closed_by__isnull', True), models.Q(('closed_by', models.F('person')), _negated=True), _connector='OR'), name='break_glass_closed_by_another')],
            },
        ),
        migrations.CreateModel(
            name='OverriddenCondition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('message', models.CharField(max_length=500)),
                ('break_glass', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overridden', to='migrations_app.breakglass')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='MigrationDependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dependencies', to='migrations_app.migration')),
                ('predecessor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dependents', to='migrations_app.migration')),
            ],
            options={
                'ordering': ['predecessor_id'],
                'constraints': [models.UniqueConstraint(fields=('migration', 'predecessor'), name='dependency_once'), models.CheckConstraint(condition=models.Q(('migration', models.F('predecessor')), _negated=True), name='dependency_on_another')],
            },
        ),
        migrations.CreateModel(
            name='MigrationWatcher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watchers', to='migrations_app.migration')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('migration', 'person'), name='watcher_once')],
            },
        ),
        migrations.CreateModel(
            name='Sketch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begun_from', models.CharField(blank=True, max_length=200)),
                ('values', models.JSONField(default=dict)),
                ('format', models.PositiveSmallIntegerField(default=1)),
                ('version', models.PositiveIntegerField(default=1)),
                ('writer', models.CharField(blank=True, max_length=32)),
                ('of_version', models.PositiveIntegerField(default=0, help_text='Of the migration it edits, when that began.')),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('discarded_at', models.DateTimeField(blank=True, help_text='Kept for a day, so that it can be undone.', null=True)),
                ('became', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='migrations_app.migration')),
                ('clone_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='migrations_app.migration')),
                ('edits', models.ForeignKey(blank=True, help_text='Empty: it will be a new one.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='migrations_app.migration')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sketches', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-changed_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('became__isnull', False), ('edits__isnull', True)), fields=('became',), name='sketch_becomes_one_migration')],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dry_run', 'dry run'), ('rehearsal', 'rehearsal'), ('apply', 'apply'), ('rollback', 'rollback')], max_length=10)),
                ('timing', models.CharField(choices=[('at', 'at'), ('next_window', 'next window'), ('when_ready', 'when ready'), ('recurring', 'recurring')], max_length=12)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('due_at', models.DateTimeField()),
                ('grace_minutes', models.PositiveIntegerField(help_text='Later than this it does not start any more.')),
                ('window_closes', models.CharField(choices=[('finish', 'finish'), ('pause', 'pause'), ('roll_back', 'roll back')], default='finish', max_length=10)),
                ('zone', models.CharField(blank=True, max_length=60)),
                ('first_date', models.DateField(blank=True, null=True)),
                ('first_time', models.TimeField(blank=True, null=True)),
                ('recurrence', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('ended', 'ended'), ('cancelled', 'cancelled')], default='waiting', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='Grows with each edit; its ETag.')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('migration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='migrations_app.migration')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='schedule_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'dry_run'), models.Q(('kind', 'apply'), models.Q(('digest', ''), _negated=True), models.Q(('timing', 'recurring'), _negated=True)), _connector='OR'), name='schedule_kind_fits'), models.CheckConstraint(condition=models.Q(('timing__in', ['at', 'next_window', 'when_ready', 'recurring'])), name='schedule_timing_known'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'ended', 'cancelled'])), name='schedule_state_known'), models.CheckConstraint(condition=models.Q(('window_closes__in', ['finish', 'pause', 'roll_back'])), name='schedule_window_closes_known'), models.CheckConstraint(condition=models.Q(models.Q(('first_date__isnull', False), ('first_time__isnull', False), ('timing', 'recurring'), models.Q(('recurrence', ''), _negated=True), models.Q(('zone', ''), _negated=True)), models.Q(models.Q(('timing', 'recurring'), _negated=True), ('recurrence', '')), _connector='OR'), name='schedule_recurs_by_a_rule'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('migration', 'kind'), name='one_waiting_schedule_a_kind')],
            },
        ),
        migrations.CreateModel(
            name='ScheduledStart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('claimed', 'claimed'), ('started', 'started'), ('missed', 'missed')], default='claimed', max_length=8)),
                ('claimed_at', models.DateTimeField()),
                ('said', models.CharField(blank=True, max_length=1000)),
                ('in_queue', models.BooleanField(default=False)),
                ('closes_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, help_text='When the closing was dealt with.', null=True)),
                ('waits_for_window', models.BooleanField(default=False)),
                ('reported_at', models.DateTimeField(blank=True, null=True)),
                ('run', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scheduled_start', to='migrations_app.run')),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='starts', to='migrations_app.schedule')),
            ],
            options={
                'ordering': ['-due_at', '-id'],
                'indexes': [models.Index(fields=['reported_at', 'state'], name='scheduled_start_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['claimed', 'started', 'missed'])), name='scheduled_start_state_known'), models.UniqueConstraint(fields=('schedule', 'due_at'), name='scheduled_start_once'), models.CheckConstraint(condition=models.Q(models.Q(('run__isnull', False), ('state', 'started')), models.Q(models.Q(('state', 'started'), _negated=True), ('run__isnull', True)), _connector='OR'), name='scheduled_start_has_its_run')],
            },
        ),
    ]
