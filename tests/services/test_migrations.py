import pytest

from migrations_app.models import AuditEntry, Migration, MigrationEditor, Run
from migrations_app.services import migrations
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleEdit
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def edit(stage, migration, version=1, **changes):
    return migrations.edit(
        actor=stage.operator,
        now=stage.now,
        migration_id=migration.pk,
        version=version,
        draft=stage.draft(**changes),
    )


def test_an_operator_writes_a_draft(stage):
    migration = stage.migration(description="Because Redis is full.")

    assert (migration.status, migration.version, migration.handler) == ("draft", 1, "session")
    assert migration.options == {"parallel_workers": 1, "batch_size": 10}
    roles = migration.target_roles.order_by("role").values_list("role", "target_id")
    assert list(roles) == [("source", stage.source_id), ("target", stage.target_id)]
    assert MigrationEditor.objects.get().revision == 1
    entry = AuditEntry.objects.get(action="migration.create")
    assert (entry.actor, entry.object_id, entry.environment) == ("operator", str(migration.pk), "staging")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000_000}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": 5}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"type": "nonsense"}, "type"),
        ({"type": "custom_migration"}, "type"),
        ({"handler": "nonsense"}, "handler"),
        ({"type": "config_migration", "handler": "session"}, "handler"),
        ({"targets": {}}, "targets.source"),
        ({"targets": "both"}, "targets"),
        ({"options": {"batch_size": 0}}, "options.batch_size"),
        ({"options": {"batch_size": "many"}}, "options.batch_size"),
        ({"options": {"nonsense": 1}}, "options.nonsense"),
        ({"options": {"backup_enabled": False}}, "options.backup_enabled"),
        ({"options": {"validation_level": "basic"}}, "options.validation_level"),
        ({"options": [1]}, "options"),
        ({"parameters": {"catch_up_passes": -1}}, "parameters.catch_up_passes"),
        ({"parameters": {"catch_up_pases": 1}}, "parameters.catch_up_pases"),
        ({"environment_id": 0}, "environment"),
        ({"environment_id": "staging"}, "environment"),
    ],
)
def test_bad_input_names_field_and_fix_and_saves_nothing(stage, changes, field):
    with pytest.raises(InvalidInput) as refused:
        migrations.create(actor=stage.operator, now=stage.now, draft=stage.draft(**changes))

    assert field in [problem.field for problem in refused.value.problems]
    assert all(problem.fix for problem in refused.value.problems)
    assert not Migration.objects.exists()


@pytest.mark.parametrize("wrong", [0, -1, 2**70, "sessions", None, True, 4.2])
def test_an_unknown_target_is_a_problem_of_its_role(stage, wrong):
    draft = stage.draft(targets={"source": stage.source_id, "target": wrong})

    with pytest.raises(InvalidInput) as refused:
        migrations.create(actor=stage.operator, now=stage.now, draft=draft)

    assert [problem.field for problem in refused.value.problems] == ["targets.target"]


def test_every_problem_is_named_at_once(stage):
    draft = stage.draft(title="", options={"batch_size": 0}, targets={"source": 999, "sink": 1})

    with pytest.raises(InvalidInput) as refused:
        migrations.create(actor=stage.operator, now=stage.now, draft=draft)

    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"title", "options.batch_size", "targets.source", "targets.sink", "targets.target"}


def test_a_target_of_another_environment_is_unknown_here(stage, production_stage):
    draft = stage.draft(targets={"source": production_stage.source_id, "target": stage.target_id})

    with pytest.raises(InvalidInput, match="no target"):
        migrations.create(actor=stage.operator, now=stage.now, draft=draft)


@pytest.mark.parametrize("name", ["approver", "auditor", "viewer", "admin"])
def test_only_operators_author(stage, cast, name):
    with pytest.raises(PermissionDenied, match="needs the role operator"):
        migrations.create(actor=cast.actors[name], now=stage.now, draft=stage.draft())

    assert AuditEntry.objects.get(outcome="denied").actor == name


def test_an_outsider_learns_nothing(stage, outsider):
    with pytest.raises(NotFound):
        migrations.create(actor=outsider, now=stage.now, draft=stage.draft())

    assert AuditEntry.objects.get(outcome="denied").actor == "outsider"


def test_another_title_is_no_other_content(stage):
    migration = stage.planned()

    edited = edit(stage, migration, title="Renamed")

    migration.refresh_from_db()
    assert (edited.version, edited.changed, edited.replan) == (2, True, False)
    assert (migration.title, migration.status) == ("Renamed", "planned")


def test_the_same_again_changes_nothing(stage):
    migration = stage.planned()
    before = AuditEntry.objects.count()

    edited = edit(stage, migration, options={"batch_size": 10, "parallel_workers": 1, "auto_rollback": True})

    assert (edited.version, edited.changed) == (1, False)
    assert AuditEntry.objects.count() == before


def test_other_content_needs_another_plan(stage):
    migration = stage.planned()

    edited = edit(stage, migration, options={"batch_size": 20, "parallel_workers": 1})

    migration.refresh_from_db()
    assert (edited.version, edited.replan, migration.status) == (2, True, "draft")
    assert list(migration.editors.order_by("revision").values_list("revision", flat=True)) == [1, 2]
    body = bytes(AuditEntry.objects.get(action="migration.edit").body)
    assert b'"batch_size":10' in body
    assert b'"batch_size":20' in body


def test_an_old_version_is_refused_with_the_newest(stage):
    migration = stage.migration()
    edit(stage, migration, title="First")

    with pytest.raises(StaleEdit) as refused:
        edit(stage, migration, title="Second")

    assert refused.value.details == {"version": 2}
    assert Migration.objects.get().title == "First"


def test_the_environment_stays(stage, dev):
    migration = stage.migration()

    with pytest.raises(InvalidInput, match="belongs to staging"):
        edit(stage, migration, environment_id=dev.pk)


def test_nothing_is_edited_while_a_run_is_under_way(stage, people, now):
    migration = stage.planned()
    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        started_by=people["operator"],
        created_at=now,
    )

    for attempt in (
        lambda: edit(stage, migration, title="Other"),
        lambda: migrations.cancel(actor=stage.operator, now=now, migration_id=migration.pk),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.details["run"] == run.pk


def test_a_clone_is_a_new_draft_with_the_same_content(stage):
    migration = stage.planned(description="why")

    copied = Migration.objects.get(pk=migrations.clone(actor=stage.operator, now=stage.now, migration_id=migration.pk))

    assert (copied.title, copied.status, copied.description) == ("Move sessions (copy)", "draft", "why")
    assert copied.target_roles.count() == 2
    assert not copied.revisions.exists()
    assert AuditEntry.objects.get(action="migration.clone").object_id == str(copied.pk)


def test_a_cancelled_migration_stays_cancelled(stage):
    migration = stage.planned()

    migrations.cancel(actor=stage.operator, now=stage.now, migration_id=migration.pk, reason="not needed")

    migration.refresh_from_db()
    assert migration.status == "cancelled"
    with pytest.raises(Conflict, match="not possible while"):
        edit(stage, migration, description="again")
