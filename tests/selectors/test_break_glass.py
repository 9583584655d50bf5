from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.models.actor import Actor
from migrations_app.selectors.access import access_of
from migrations_app.selectors.break_glass import list_break_glasses, open_break_glasses
from migrations_app.selectors.migrations import migration_page
from migrations_app.services.errors import NotFound
from tests.services.breaking import REASON, close, opened
from tests.stores_on_disk import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def now() -> datetime:
    """Targets are looked at now."""
    return datetime.now(UTC)


def test_each_viewer_is_told_why_they_cannot_close_it(
    stage: Stage, operator: Actor, approver: Actor, viewer: Actor, outsider: Actor, now: datetime
) -> None:
    migration, item = opened(stage)

    said = {
        actor.username: list_break_glasses(actor=actor, migration_id=migration.pk, now=now)[0].why_not
        for actor in (operator, approver, viewer)
    }

    assert said == {
        "operator": "you started it; somebody else has to look at it",
        "approver": "",
        "viewer": "you do not have the approver role in staging",
    }
    with pytest.raises(NotFound):
        list_break_glasses(actor=outsider, migration_id=migration.pk, now=now)
    assert open_break_glasses(access_of(outsider)) == ()
    (row,) = open_break_glasses(access_of(viewer))
    assert (row.id, row.reason, [each.code for each in row.overridden]) == (
        item.pk,
        REASON,
        ["approvals_missing", "dry_run_missing"],
    )


def test_what_happened_is_on_the_timeline_and_in_the_list(stage: Stage, approver: Actor, now: datetime) -> None:
    migration, item = opened(stage)
    close(approver, item, now + timedelta(minutes=1))

    page = migration_page(actor=stage.operator, migration_id=migration.pk, now=now)
    told = {entry.kind: (entry.who, entry.detail) for entry in page.timeline}
    assert told["broke_glass"] == ("operator", REASON)
    assert told["glass_closed"] == ("approver", "It was right.")
    assert [(row.by, row.closed_by) for row in page.break_glasses] == [("operator", "approver")]
