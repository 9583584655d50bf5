from django.db import migrations

from migrations_app.migrations._audit_triggers import create_statements, drop_statements


def create(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in create_statements(schema_editor.connection.vendor, sealing=False):
            cursor.execute(statement)


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in drop_statements(schema_editor.connection.vendor, sealing=False):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
