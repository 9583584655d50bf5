"""A version of Snakeweb after this one, made of what is installed: a schema migration more, and code that needs it."""

import shutil
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from migrations_app.testing.processes import run_program

COLUMN = "of_the_next_version"
SCHEMA = f"""
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "{{newest}}")]
    operations = [
        migrations.AddField("run", "{COLUMN}", models.TextField(null=True)),
        migrations.AddField("migration", "{COLUMN}", models.TextField(db_default="")),
    ]
"""
# Every read and write of a run or a migration names the columns from here on.
CODE = f"""
from django.db import models as _fields

Run.add_to_class("{COLUMN}", _fields.TextField(null=True))
Migration.add_to_class("{COLUMN}", _fields.TextField(db_default=""))
"""


def next_version(python: Path, folder: Path) -> Path:
    """Beside the installation of that Python; the answer goes in front of its path."""
    for package in ("migrations_app", "snakeweb"):
        where = run_program([str(python), "-I", "-c", f"import {package}; print({package}.__path__[0])"]).strip()
        shutil.copytree(where, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    ((_, newest),) = MigrationLoader(None).graph.leaf_nodes("migrations_app")
    (folder / "migrations_app" / "migrations" / "9999_next.py").write_text(SCHEMA.format(newest=newest))
    with (folder / "migrations_app" / "models" / "__init__.py").open("a") as models:
        models.write(CODE)
    return folder
