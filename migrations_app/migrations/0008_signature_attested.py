from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0007_alerts_and_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='signature',
            name='attested',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
