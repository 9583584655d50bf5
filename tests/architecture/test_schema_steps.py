"""A schema migration is applied while processes of the version before still serve, and runs of theirs are parked.

So a step may only add what older code does not notice. What it would notice (a column that goes, gets another name, or
has to be filled) is a step of its own, in the version after the one that stopped using it, and says so:

    class Migration(migrations.Migration):
        beside_older_code = {"RemoveField run.pace": "nothing reads or writes it since 0.3"}
"""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from django.db import models
from django.db.migrations import AddField, CreateModel, Migration, RemoveField, RenameField, RunPython, operations
from django.db.migrations.loader import MigrationLoader

LAST_BEFORE_THE_RULE = "0007"  # the schema of the first version: nobody has older code
HARMLESS = (
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    CreateModel,
    RunPython,
)


def noticed(steps: Sequence[operations.base.Operation]) -> Iterator[str]:
    """What code of the version before would trip over, one name an operation: `RemoveField run.pace`."""
    new: set[str] = set()
    for step in steps:
        if isinstance(step, operations.SeparateDatabaseAndState):
            yield from noticed(step.database_operations)
        elif isinstance(step, CreateModel):
            new.add(step.name.lower())
        elif getattr(step, "model_name_lower", "") in new or isinstance(step, HARMLESS):
            continue
        elif not (isinstance(step, AddField) and _filled_by_itself(step.field)):
            yield _name(step)


def _filled_by_itself(field: models.Field) -> bool:
    return bool(field.null or field.many_to_many or field.has_db_default())


def _name(step: operations.base.Operation) -> str:
    where = getattr(step, "model_name", "")
    what = step.constraint.name if isinstance(step, operations.AddConstraint) else getattr(step, "name", "")
    what = getattr(step, "old_name", what)
    return f"{type(step).__name__} {'.'.join(filter(None, (where, what)))}".strip()


def unmarked(migration: Migration) -> set[str]:
    marks: Mapping[str, str] = getattr(migration, "beside_older_code", {})
    return set(noticed(migration.operations)) - {name for name, why in marks.items() if len(why) > 20}


def test_older_code_goes_on_while_the_schema_is_migrated():
    steps = {
        name: unmarked(migration)
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app == "migrations_app" and name[:4] > LAST_BEFORE_THE_RULE
    }
    assert {name: found for name, found in steps.items() if found} == {}, (
        "Give a new column null=True or db_default; split what older code would notice into a later step, or say in "
        "`beside_older_code` why it does not matter (see CONTRIBUTING)."
    )


def test_marks_are_about_what_is_there():
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app == "migrations_app":
            marks = set(getattr(migration, "beside_older_code", {}))
            assert marks <= set(noticed(migration.operations)), name


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (RemoveField("run", "pace"), ["RemoveField run.pace"]),
        (RenameField("run", "pace", "tempo"), ["RenameField run.pace"]),
        (operations.DeleteModel("Run"), ["DeleteModel Run"]),
        (operations.RenameModel("Run", "Go"), ["RenameModel Run"]),
        (operations.AlterModelTable("run", "runs"), ["AlterModelTable run"]),
        (operations.AlterField("run", "pace", models.IntegerField()), ["AlterField run.pace"]),
        (operations.RunSQL("DROP TABLE run"), ["RunSQL"]),
        (AddField("run", "pace", models.IntegerField(default=0)), ["AddField run.pace"]),
        (AddField("run", "pace", models.IntegerField(null=True)), []),
        (AddField("run", "pace", models.IntegerField(db_default=0)), []),
        (
            operations.AddConstraint("run", models.CheckConstraint(condition=models.Q(id__gt=0), name="above")),
            ["AddConstraint run.above"],
        ),
        (operations.SeparateDatabaseAndState(state_operations=[RemoveField("run", "pace")]), []),
        (operations.SeparateDatabaseAndState([RemoveField("run", "pace")]), ["RemoveField run.pace"]),
    ],
)
def test_what_older_code_would_notice(step, said):
    assert list(noticed([step])) == said


def test_a_new_table_is_nobodys_yet():
    fields = [("id", models.BigAutoField(primary_key=True))]
    added = AddField("go", "pace", models.IntegerField(default=0))
    assert list(noticed([CreateModel("Go", fields), added])) == []


def test_a_mark_without_a_reason_is_none():
    class Step(Migration):
        operations = [RemoveField("run", "pace")]
        beside_older_code = {"RemoveField run.pace": "fine"}

    assert unmarked(Step("0099", "migrations_app")) == {"RemoveField run.pace"}
    Step.beside_older_code = {"RemoveField run.pace": "nothing reads or writes it since 0.3"}
    assert unmarked(Step("0099", "migrations_app")) == set()
