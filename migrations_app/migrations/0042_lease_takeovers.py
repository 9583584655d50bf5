from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0038_audit_browser")]

    operations = [
        migrations.AddField(
            model_name="lease",
            name="takeovers",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Claims of what a dead driver held."
            ),
        ),
    ]
