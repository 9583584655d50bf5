"""Adapter migrations through the services: the plan, its dry run, the run, the removal that a person confirms, back."""

from datetime import UTC, datetime

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import Decision, RunState
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.cache import key_of
from migrations_app.models import RunEvent
from migrations_app.runtime import composition
from migrations_app.services import confirmations
from tests.configurations_on_disk import work
from tests.handlers.adapter.places import ADAPTER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.servers
def test_there_and_back_with_proof(adapter_to_migrate):
    stage = adapter_to_migrate
    before = stage.shop.tree()
    migration_id = stage.planned(parameters={"equivalence": "required", "cases": 5})

    run = stage.run(migration_id)

    succeeded = RunEvent.objects.filter(run=run, type=EventType.STEP_SUCCEEDED)
    results = {event.step: event.payload["result"] for event in succeeded}
    assert {tool["outcome"] for tool in results["validate"]["report"]["tools"]} == {"equivalent"}
    assert b"GenericAdapter" in (stage.shop.root / "client/room.py").read_bytes()

    stage.roll_back(migration_id)

    assert stage.shop.tree() == before


def test_the_old_adapter_goes_when_a_person_confirmed_it_and_comes_back(adapter_to_migrate):
    stage = adapter_to_migrate
    before = stage.shop.tree()
    migration_id = stage.planned(parameters={"equivalence": "off", "cleanup_old_adapter": True})
    run = stage.run(migration_id, ends=RunState.PARKED)
    assert (stage.shop.root / "shop/adapter.py").read_bytes() == ADAPTER

    confirmations.sign_off(
        actor=stage.cast.actors["operator"],
        now=datetime.now(UTC),
        run_id=run.pk,
        step="cleanup",
        digest=run.revision.digest,
        decision=Decision.APPROVE,
    )
    work()
    run.refresh_from_db()
    assert (run.state, (stage.shop.root / "shop/adapter.py").exists()) == (RunState.SUCCEEDED, False)

    stage.roll_back(migration_id)

    assert stage.shop.tree() == before


def test_an_analysis_is_kept_among_the_encrypted_artifacts(adapter_to_migrate):
    adapter_to_migrate.planned()

    digest = analyze(adapter_to_migrate.shop.root).digest
    assert composition.artifacts().stat(key_of(digest)) is not None
