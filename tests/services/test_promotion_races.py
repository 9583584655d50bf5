"""A promotion and a rollback of what it stands on begin at the same moment: one of both comes first."""

from pathlib import Path

import pytest

from migrations_app.engine.crash_points import armed
from migrations_app.models import Migration, Run
from migrations_app.services import runs
from migrations_app.services.errors import Conflict
from tests import stores_on_disk
from tests.parallel import at_once, exceptions, wait_for
from tests.promoted import proven
from tests.services.test_promoting import promote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def there(cast, tmp_path, now):
    return stores_on_disk.stage(cast, cast.environments["production"], tmp_path / "production", now)


@pytest.fixture
def proof(stage):
    return proven(stage)


def test_a_rollback_that_begins_while_it_is_planned_leaves_nothing_to_promote(there, proof, tmp_path):
    """Planning takes its time, so what was proven is looked at again before anything is saved."""
    gate = tmp_path / "gate"

    def roll_back_meanwhile() -> int:
        wait_for(lambda: Path(f"{gate}.reached").exists(), 30, "the promotion to be planned")
        try:
            return runs.rollback_migration(actor=there.operator, now=there.now, migration_id=proof.pk)
        finally:
            gate.touch()

    with armed(f"planning.made:wait:{gate}"):
        refused, run_id = at_once(lambda: promote(proof, there), roll_back_meanwhile)

    assert isinstance(refused, Conflict)
    assert refused.reason == "not_proven"
    assert Run.objects.get(pk=run_id).kind == "rollback"
    assert Migration.objects.count() == 1


def test_of_both_at_once_the_promotion_stands_or_is_refused_and_the_rollback_begins(there, proof):
    outcomes = at_once(
        lambda: promote(proof, there),
        lambda: runs.rollback_migration(actor=there.operator, now=there.now, migration_id=proof.pk),
    )
    assert not isinstance(outcomes[1], Exception)
    assert Migration.objects.count() == (1 if exceptions(outcomes) else 2)
