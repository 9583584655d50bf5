from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def of_the_newest_plan(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    planned = apps.get_model("migrations_app", "Migration").objects.filter(revisions__isnull=False)
    newest = apps.get_model("migrations_app", "PlanRevision").objects.filter(migration=OuterRef("pk")).order_by("-number")
    planned.update(
        risk_level=Subquery(newest.values("risk_level")[:1]), risk_score=Subquery(newest.values("risk_score")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0008_route_samples")]

    operations = [
        migrations.AddField(
            "migration",
            "risk_level",
            models.CharField(
                blank=True,
                choices=[("low", "low"), ("medium", "medium"), ("high", "high")],
                help_text="Of the newest plan.",
                max_length=8,
            ),
        ),
        migrations.AddField("migration", "risk_score", models.PositiveSmallIntegerField(default=0)),
        migrations.RunPython(of_the_newest_plan, migrations.RunPython.noop),
    ]
