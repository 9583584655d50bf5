from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migrations_app', '0009_given_access'),
    ]

    operations = [
        migrations.AddField(
            model_name='sketch',
            name='written',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
