from django.db import migrations, models

TRACEPARENT = {"blank": True, "db_default": "", "default": "", "max_length": 55}


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0044_audit_watch")]

    operations = [
        migrations.AddField("lease", "claimed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("lease", "traceparent", models.CharField(**TRACEPARENT)),
        migrations.AddField("outboxrow", "traceparent", models.CharField(**TRACEPARENT)),
        migrations.AddField("run", "traceparent", models.CharField(**TRACEPARENT, help_text="Of what began it.")),
    ]
