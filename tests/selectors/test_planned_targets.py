import pytest

from migrations_app.selectors.planned_targets import changed_targets, planned_targets
from migrations_app.services import targets
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_targets_as_they_were_planned_with(stage, admin, now, tmp_path):
    revision = newest(stage.planned())
    assert changed_targets(revision) == ()
    assert dict(planned_targets(revision)[0].fingerprint)["size"] == "20"

    targets.edit(
        actor=admin,
        now=now,
        target_id=stage.source_id,
        version=1,
        config={"store": "sqlite", "path": str(tmp_path / "moved.sqlite3")},
    )

    assert changed_targets(revision) == ("sessions-source",)


def test_other_credentials_are_no_change(stage, admin, now):
    revision = newest(stage.planned())

    targets.edit(actor=admin, now=now, target_id=stage.source_id, version=1, secrets={"password": "x"})

    assert changed_targets(revision) == ()
