import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    run = apps.get_model("migrations_app", "Run")
    of_migration = apps.get_model("migrations_app", "Migration").objects.filter(pk=OuterRef("migration"))
    of_revision = apps.get_model("migrations_app", "PlanRevision").objects.filter(pk=OuterRef("revision"))
    run.objects.update(
        environment=Subquery(of_migration.values("environment")),
        procedure=Subquery(of_revision.values("procedure")),
    )


def check(apps, schema_editor):
    """PostgreSQL alters no table while a deferred check of its rows is still to come."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0020_break_glass")]

    operations = [
        migrations.AddField(
            "run",
            "environment",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="migrations_app.environment",
            ),
        ),
        migrations.AddField("run", "procedure", models.CharField(blank=True, default="", max_length=64)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(check, migrations.RunPython.noop),
        migrations.AlterField(
            "run",
            "environment",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="migrations_app.environment",
            ),
        ),
        migrations.AlterField("run", "procedure", models.CharField(blank=True, max_length=64)),
        migrations.AddIndex("run", models.Index(fields=["created_at"], name="run_by_beginning")),
        migrations.AddIndex(
            "run",
            models.Index(fields=["procedure", "environment", "kind", "-id", "state"], name="run_by_procedure"),
        ),
    ]
