import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from migrations_app.migrations._policy_triggers import create_statements, drop_statements
from migrations_app.migrations._statements import carrying_out


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0003_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('environment', models.OneToOneField(blank=True, help_text='Made with it.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='own_policy', to='migrations_app.environment')),
            ],
            options={
                'verbose_name_plural': 'policies',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='policy_name_once')],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('active', 'active'), ('retired', 'retired'), ('withdrawn', 'withdrawn')], default='proposed', max_length=10)),
                ('retires', models.BooleanField(default=False)),
                ('with_environment', models.BooleanField(default=False)),
                ('scope', models.CharField(choices=[('every', 'every'), ('protected', 'protected'), ('named', 'named')], default='every', max_length=10)),
                ('risk_at_least', models.CharField(choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], default='low', max_length=8)),
                ('zero_downtime', models.BooleanField(blank=True, null=True)),
                ('irreversible', models.BooleanField(blank=True, null=True)),
                ('comment_required', models.BooleanField(default=False, help_text='Whether each approval of such a plan has to say something.')),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('proposed_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='When it was retired or withdrawn.', null=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environments', models.ManyToManyField(blank=True, related_name='+', to='migrations_app.environment')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='migrations_app.policy')),
                ('proposed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'active', 'retired', 'withdrawn'])), name='policy_state_known'), models.CheckConstraint(condition=models.Q(('scope__in', ['every', 'protected', 'named'])), name='policy_scope_known'), models.CheckConstraint(condition=models.Q(('risk_at_least__in', ['low', 'medium', 'high'])), name='policy_risk_known'), models.UniqueConstraint(fields=('policy', 'number'), name='policy_version_number_once'), models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('policy',), name='one_active_version_a_policy'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('policy',), name='one_proposal_a_policy'), models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='policy_confirmed_by_another'), models.CheckConstraint(condition=models.Q(('proposed_by__isnull', False), ('with_environment', True), _connector='OR'), name='policy_proposed_by_somebody'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'withdrawn']), ('confirmed_by__isnull', False), models.Q(('number', 1), ('retires', False), ('with_environment', True)), _connector='OR'), name='policy_in_force_confirmed'), models.CheckConstraint(condition=models.Q(('retires', True), ('state', 'active'), _negated=True), name='policy_retirement_never_active')],
            },
        ),
        migrations.CreateModel(
            name='PolicyType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('session_migration', 'session migration'), ('adapter_migration', 'adapter migration'), ('config_migration', 'config migration'), ('data_migration', 'data migration'), ('version_upgrade', 'version upgrade'), ('custom_migration', 'custom migration')], max_length=24)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='types', to='migrations_app.policyversion')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('type__in', ['session_migration', 'adapter_migration', 'config_migration', 'data_migration', 'version_upgrade', 'custom_migration'])), name='policy_type_known'), models.UniqueConstraint(fields=('version', 'type'), name='policy_type_once')],
            },
        ),
        migrations.CreateModel(
            name='PolicyRequirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(blank=True, choices=[('viewer', 'viewer'), ('operator', 'operator'), ('approver', 'approver'), ('auditor', 'auditor'), ('admin', 'admin')], max_length=16)),
                ('count', models.PositiveSmallIntegerField()),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='migrations_app.policyversion')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', True), ('role__in', ['viewer', 'operator', 'approver', 'auditor', 'admin'])), models.Q(('group__isnull', False), ('role', '')), _connector='OR'), name='policy_requires_role_or_group'), models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='policy_requires_somebody'), models.UniqueConstraint(condition=models.Q(('role', ''), _negated=True), fields=('version', 'role'), name='policy_role_once'), models.UniqueConstraint(condition=models.Q(('group__isnull', False)), fields=('version', 'group'), name='policy_group_once')],
            },
        ),
        migrations.CreateModel(
            name='MaintenanceWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('zone', models.CharField(help_text='A name of the IANA time zone database.', max_length=60)),
                ('first_date', models.DateField()),
                ('first_time', models.TimeField()),
                ('recurrence', models.CharField(blank=True, help_text='RFC 5545; empty: that one time.', max_length=200)),
                ('minutes', models.PositiveIntegerField(help_text='Elapsed time that it stays open.')),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='Grows with each edit; its ETag.')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='windows', to='migrations_app.environment')),
            ],
            options={
                'ordering': ['environment__position', 'name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at__isnull', True)), fields=('environment', 'name'), name='window_name_once'), models.CheckConstraint(condition=models.Q(('minutes__gte', 5), ('minutes__lte', 10080)), name='window_length_sane')],
            },
        ),
        migrations.CreateModel(
            name='Freeze',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, help_text='Grows with each edit; its ETag.')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='freezes', to='migrations_app.environment')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['begins_at', 'id'],
                'indexes': [models.Index(fields=['ends_at'], name='freeze_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='freeze_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='freeze_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by__isnull', True)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='freeze_lifted_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.RunPython(carrying_out(create_statements), carrying_out(drop_statements)),
    ]
