from datetime import UTC, datetime

import pytest

from migrations_app.models import Migration
from migrations_app.services import configuration_history as history
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.handlers.config.places import BEFORE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrated(configuration):
    configuration.run(configuration.planned())
    return configuration


def restore(stage, number, actor=None):
    return history.plan_restore(
        actor=actor or stage.operator, now=datetime.now(UTC), target_id=stage.target_id, number=number
    )


def test_two_versions_stand_side_by_side(migrated, viewer):
    found = history.compare_versions(actor=viewer, target_id=migrated.target_id, before=1, after=2)

    changed = [row for section in found.comparison.sections for row in section.rows if row.kind != "same"]
    assert any("grpc_port: 50_051" in row.old and "grpc_listener" in row.new for row in changed)
    assert {section.file for section in found.comparison.sections} == {"config.exs", "prod.exs"}


def test_a_restore_is_a_plan_and_only_its_run_brings_the_bytes_back(migrated):
    written = migrated.contents

    planned = restore(migrated, 1)

    migration = Migration.objects.get(pk=planned.migration_id)
    assert (migration.status, migration.title) == ("planned", "Restore shop-config to version 1")
    assert migrated.contents == written
    migrated.run(planned.migration_id)
    assert migrated.contents == BEFORE


def test_the_newest_version_cannot_be_restored_once_more(migrated):
    with pytest.raises(InvalidInput) as refused:
        restore(migrated, 2)

    assert [problem.code for problem in refused.value.problems] == ["no_change"]


def test_a_version_that_is_none_is_not_found(migrated):
    with pytest.raises(NotFound):
        restore(migrated, 3)
    with pytest.raises(NotFound):
        history.compare_versions(actor=migrated.operator, target_id=migrated.target_id, before=0, after=1)


def test_who_may_not_author_plans_no_restore(migrated, viewer):
    with pytest.raises(PermissionDenied):
        restore(migrated, 1, viewer)

    assert Migration.objects.count() == 1
