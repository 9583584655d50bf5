from django.db import migrations, models

from migrations_app.migrations._policy_triggers import create_statements, drop_statements

LATER = ("comment_required",)


def _run(schema_editor, statements):
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop(apps, schema_editor):
    _run(schema_editor, drop_statements(schema_editor.connection.vendor))


def create(apps, schema_editor):
    _run(schema_editor, create_statements(schema_editor.connection.vendor, LATER))


def create_as_before(apps, schema_editor):
    _run(schema_editor, create_statements(schema_editor.connection.vendor))


class Migration(migrations.Migration):
    """SQLite makes the table anew for the column, so its triggers go first and come back afterwards."""

    dependencies = [("migrations_app", "0022_queued_starts")]

    operations = [
        migrations.RunPython(drop, create_as_before),
        migrations.AddField(
            model_name="policyversion",
            name="comment_required",
            field=models.BooleanField(
                default=False, help_text="Whether each approval of such a plan has to say something."
            ),
        ),
        migrations.RunPython(create, drop),
    ]
