from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0010_sketch_written")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="counted_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
