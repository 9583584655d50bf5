"""Plans name secrets: what they bind, what is refused, and that the actions of a run get the values."""

import json
from pathlib import Path

import pytest

from migrations_app.engine.errors import PlanIsStale
from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import AuditEntry, Migration, RunEvent, StoredSecret
from migrations_app.runtime import composition
from migrations_app.selectors.stored_secrets import named_secrets
from migrations_app.services import documents, migrations, planning, stored_secrets
from migrations_app.services.errors import InvalidInput
from tests.cast import NOW
from tests.custom_types import SealedStamp, let_in, seal_of
from tests.runs import queued
from tests.secret_plans import VALUE, sealed_draft, stored
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import newest, target

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sealed_stamps():
    with let_in(SealedStamp):
        yield


def planned(stage, **parameters):
    made = planning.create_and_plan(actor=stage.operator, now=NOW, draft=sealed_draft(stage, **parameters))
    return Migration.objects.get(pk=made.migration_id), made


def test_the_plan_its_document_and_the_audit_trail_hold_the_name_alone(stage, admin, staging):
    made = stored(admin, staging)
    migration, _ = planned(stage)
    revision = newest(migration)

    assert revision.content["parameters"]["seal"] == "wax"
    assert revision.content["secrets"] == [{"parameter": "seal", "id": made, "name": "wax", "version": 1}]
    document = documents.export_yaml(actor=stage.operator, migration_id=migration.pk)
    assert "seal: wax" in document
    created = AuditEntry.objects.get(action="migration.create")
    assert '"secrets":["wax"]' in bytes(created.body).decode()
    kept = [document, json.dumps(revision.content), *(bytes(one.body).decode() for one in AuditEntry.objects.all())]
    assert not [text for text in kept if VALUE in text]
    assert planning.plan(actor=stage.operator, now=NOW, migration_id=migration.pk).changed is False


def test_a_run_gets_the_newest_value_and_writes_it_nowhere(stage, admin, staging):
    made = stored(admin, staging)
    migration, plan = planned(stage)
    stored_secrets.replace(actor=admin, now=NOW, stored_secret_id=made, version=1, secret="another value")
    assert [each.replaced_since for each in named_secrets(newest(migration))] == [True]

    run = drive_to_end(queued(newest(migration)))
    stamp = Path(f"{target(stage.source_id).config['path']}.stamp")
    assert (run.state, stamp.read_text()) == (RunState.SUCCEEDED, seal_of("seen", "another value"))
    events = [json.dumps(event.payload, ensure_ascii=False) for event in RunEvent.objects.filter(run=run)]
    assert [event for event in events if "sealing with •••" in event]
    assert not [event for event in events if "another value" in event]

    assert newest(migration).digest == plan.digest
    undone = drive_to_end(queued(newest(migration), RunKind.ROLLBACK, undoes=run))
    assert (undone.state, stamp.exists()) == (RunState.ROLLED_BACK, False)


def test_another_secret_makes_another_plan_and_a_missing_one_is_stale(stage, admin, staging):
    stored(admin, staging)
    stored(admin, staging, name="lead", secret="of lead, not of wax")
    migration, first = planned(stage)
    draft = sealed_draft(stage, seal="lead")
    edited = migrations.edit(actor=stage.operator, now=NOW, migration_id=migration.pk, version=1, draft=draft)
    assert edited.replan
    second = planning.plan(actor=stage.operator, now=NOW, migration_id=migration.pk)
    assert second.digest != first.digest
    plan = Plan.from_content(newest(migration).content)
    assert composition.resolve_secrets(plan) == {"seal": "of lead, not of wax"}

    StoredSecret.objects.filter(name="lead").update(name="tin")
    with pytest.raises(PlanIsStale, match="“lead” is no longer the one"):
        composition.resolve_secrets(plan)


@pytest.mark.parametrize(
    ("given", "says", "fix", "code"),
    [
        ("waxx", "staging has no secret of this name", "Did you mean “wax”?", "unknown_secret"),
        ("sk-live-51h8kx", "staging has no secret of this name", "Choose one of: wax.", "unknown_secret"),
        ("gold", "staging has no secret of this name", "Choose one of: wax.", "unknown_secret"),
        ("lead", "“lead” is archived", "Choose another one", "archived"),
        ("Hunter2!", "is not the name of a stored secret", "Store the secret under a name first", "invalid"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_its_fix(stage, admin, staging, dev, given, says, fix, code):
    stored(admin, staging)
    stored(admin, dev, name="gold")
    gone = stored(admin, staging, name="lead")
    stored_secrets.archive(actor=admin, now=NOW, stored_secret_id=gone, version=1)

    with pytest.raises(InvalidInput) as refused:
        planned(stage, seal=given)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("parameters.seal", code)
    assert says in problem.message
    assert fix in problem.fix
    if code in ("unknown_secret", "invalid"):
        assert given not in problem.message + problem.fix.replace("wax", "")
    assert not Migration.objects.exists()
