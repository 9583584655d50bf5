import pytest

from migrations_app.models import Run
from migrations_app.services import finding
from migrations_app.services.actor import ANONYMOUS, SYSTEM
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.services.permissions import Permission
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("wrong", [0, -1, 2**63, "1", None, True, 1.0, 404])
def test_what_is_no_id_is_not_found(operator, wrong):
    for find in (finding.environment, finding.migration, finding.target):
        with pytest.raises(NotFound):
            find(wrong, actor=operator, permission=Permission.VIEW)


@pytest.mark.db_semantics
def test_rows_are_found_locked_and_asked_for_permission(stage, operator, viewer):
    migration = stage.migration()

    for lock in (False, True):
        assert finding.migration(migration.pk, actor=operator, permission=Permission.AUTHOR, lock=lock) == migration
        assert finding.target(stage.source_id, actor=operator, permission=Permission.VIEW, lock=lock)
        assert finding.environment(stage.environment.pk, actor=operator, permission=Permission.VIEW, lock=lock)
    with pytest.raises(PermissionDenied):
        finding.migration(migration.pk, actor=viewer, permission=Permission.AUTHOR)


def test_only_people_are_people(people, operator):
    assert finding.person(operator) == people["operator"]
    for nobody in (SYSTEM, ANONYMOUS):
        with pytest.raises(PermissionDenied):
            finding.person(nobody)


def test_the_newest_revision_and_the_live_run(stage, people, now):
    migration = stage.planned()
    assert finding.newest_revision(migration) == newest(migration)
    finding.no_live_run(migration, "edited")

    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        started_by=people["operator"],
        created_at=now,
    )

    assert finding.live_run(migration) == run
    with pytest.raises(Conflict, match="cannot be edited while run"):
        finding.no_live_run(migration, "edited")
    Run.objects.update(state="succeeded")
    assert finding.live_run(migration) is None
