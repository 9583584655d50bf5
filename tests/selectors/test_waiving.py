import pytest

from migrations_app.models import Migration
from migrations_app.selectors.access import access_of
from migrations_app.selectors.waiving import cannot_waive, waiving
from tests.stores_on_disk import Stage


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("approver", ""),
        ("admin", ""),
        ("operator", "you wrote revision 1"),
        ("viewer", "you are neither approver nor admin of staging"),
    ],
)
def test_why_somebody_cannot_waive(stage: Stage, who: str, why: str) -> None:
    actor = stage.cast.actors[who]

    assert cannot_waive(actor, access_of(actor), stage.planned(), now=stage.now) == why


def test_when_it_is_started_nobody_can(stage: Stage) -> None:
    actor, migration = stage.cast.actors["approver"], stage.planned()
    Migration.objects.filter(pk=migration.pk).update(status="executing")
    migration.refresh_from_db()

    assert waiving(actor, access_of(actor), migration, now=stage.now).why_not == "the migration is executing"
