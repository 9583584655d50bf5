"""What is proven in one environment is taken to the next: real runs between SQLite stores, driven to their end."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from migrations_app.models import AuditEntry, Migration, MigrationEditor, RoleGrant
from migrations_app.services import planning, promoting, runs
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests import stores_on_disk
from tests.cast import Cast
from tests.promoted import proven
from tests.stores_on_disk import Stage, newest, target

pytestmark = pytest.mark.db_semantics


@pytest.fixture
def proof(stage: Stage) -> Migration:
    return proven(stage)


def mapped(there: Stage) -> dict[str, int]:
    return {"source": there.source_id, "target": there.target_id}


def promote(proof: Migration, there: Stage, **given: Any) -> Migration:
    """Between the targets of that stage, on a route of its own."""
    wish = {"targets": mapped(there), "parameters": {"route": "shop"}, **given}
    made = promoting.promote(actor=there.operator, now=there.now, migration_id=proof.pk, **wish)
    return Migration.objects.get(pk=made.migration_id)


def test_the_same_procedure_is_planned_in_the_next_environment(
    stage: Stage, production_stage: Stage, proof: Migration
) -> None:
    migration = promote(proof, production_stage)

    assert (migration.environment.name, migration.status, migration.title) == ("production", "planned", proof.title)
    assert migration.options == proof.options
    assert migration.parameters == {**proof.parameters, "route": "shop"}
    assert (migration.promoted_from, migration.promoted_run) == (proof, proof.runs.get(kind="apply"))
    assert newest(migration).procedure == newest(proof).procedure != ""
    assert newest(migration).digest != newest(proof).digest
    entry = AuditEntry.objects.get(action="migration.promote", outcome="allowed")
    assert (entry.object_id, entry.environment) == (str(migration.pk), "production")


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_no_earlier_environment_can_be_chosen(cast: Cast, production_stage: Stage, proof: Migration, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        promote(proof, production_stage, environment_id=cast.environments[name].pk)

    assert [(p.field, p.code) for p in refused.value.problems] == [("environment", "not_later")]
    assert Migration.objects.count() == 1


def test_a_later_environment_can_be_chosen(cast: Cast, production_stage: Stage, tmp_path: Path) -> None:
    dev = stores_on_disk.stage(cast, cast.environments["dev"], tmp_path / "dev", production_stage.now)
    migration = promote(proven(dev), production_stage, environment_id=production_stage.environment.pk)

    assert migration.environment.name == "production"


def test_an_environment_is_skipped_only_by_whoever_names_another(
    cast: Cast, production_stage: Stage, tmp_path: Path
) -> None:
    dev = stores_on_disk.stage(cast, cast.environments["dev"], tmp_path / "dev", production_stage.now)
    proof = proven(dev)
    grants = RoleGrant.objects.filter(person=cast.people["operator"], role="operator")
    grants.update(environment=production_stage.environment)
    with pytest.raises(NotFound):
        promote(proof, production_stage)
    RoleGrant.objects.create(person=cast.people["operator"], role="viewer", granted_at=dev.now)
    with pytest.raises(PermissionDenied, match="staging"):
        promote(proof, production_stage)

    assert promote(proof, production_stage, environment_id=production_stage.environment.pk).status == "planned"


def test_an_environment_that_is_not_there_is_named_in_the_words_of_one_that_is_hidden(
    production_stage: Stage, proof: Migration
) -> None:
    hidden = production_stage.environment.pk
    RoleGrant.objects.filter(person__username="operator").update(environment=proof.environment)
    said = []
    for number in (999, hidden):
        with pytest.raises(NotFound) as refused:
            promote(proof, production_stage, environment_id=number)
        said.append(refused.value.message.replace(str(number), "N"))

    assert said == ["There is no environment N."] * 2


def test_every_role_without_a_target_there_is_named_and_nothing_is_made(
    stage: Stage, production_stage: Stage, proof: Migration
) -> None:
    with pytest.raises(InvalidInput) as refused:
        promote(proof, production_stage, targets={"source": stage.source_id})

    assert [p.field for p in refused.value.problems] == ["targets.source", "targets.target"]
    assert Migration.objects.count() == 1


def test_what_cannot_be_planned_there_is_not_made(production_stage: Stage, proof: Migration) -> None:
    Path(target(production_stage.source_id).config["path"]).unlink()
    with pytest.raises(InvalidInput) as refused:
        promote(proof, production_stage)

    assert [p.field for p in refused.value.problems] == ["targets.source"]
    assert Migration.objects.count() == 1


def test_what_was_proven_stays_and_only_what_names_a_place_is_given_anew(
    production_stage: Stage, proof: Migration
) -> None:
    with pytest.raises(InvalidInput) as refused:
        promote(proof, production_stage, parameters={"settle_ms": 5, "route": "shop"})

    assert [p.field for p in refused.value.problems] == ["parameters.settle_ms"]


def test_options_that_the_floor_has_outgrown_are_raised_to_it(
    stage: Stage, production_stage: Stage, settings: Any
) -> None:
    proof = proven(stage, options={"parallel_workers": 1, "batch_size": 10, "backup_retention": 7})
    settings.SNAKEWEB_MIGRATION = {"backup_retention": 30}

    migration = promote(proof, production_stage)

    assert "backup_retention" not in migration.options
    assert newest(migration).content["options"]["backup_retention"] == 30
    assert newest(migration).procedure == newest(proof).procedure


def test_only_what_has_succeeded_is_promoted(stage: Stage, production_stage: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        promote(stage.planned(), production_stage)

    assert refused.value.reason == "not_proven"


def test_what_was_rolled_back_is_no_proof(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    runs.rollback_migration(actor=stage.operator, now=stage.now, migration_id=proof.pk)
    with pytest.raises(Conflict) as refused:
        promote(proof, production_stage)

    assert refused.value.reason == "not_proven"


def test_nothing_follows_the_last_environment(production_stage: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        promote(proven(production_stage), production_stage)

    assert refused.value.reason == "no_next_environment"


def test_who_may_promote(
    stage: Stage, production_stage: Stage, proof: Migration, approver: Actor, outsider: Actor
) -> None:
    given = {"now": stage.now, "migration_id": proof.pk, "targets": mapped(production_stage)}
    with pytest.raises(PermissionDenied):
        promoting.promote(actor=approver, environment_id=production_stage.environment.pk, **given)
    with pytest.raises(NotFound):
        promoting.promote(actor=outsider, **given)

    assert AuditEntry.objects.filter(action="migration.promote", outcome="denied").count() == 2


def test_who_wrote_it_there_cannot_sign_it_here(production_stage: Stage, proof: Migration, cast: Cast) -> None:
    author = cast.people["approver"]
    MigrationEditor.objects.create(migration=proof, person=author, revision=1)

    migration = promote(proof, production_stage)

    assert MigrationEditor.objects.filter(migration=migration, person=author).exists()


def test_the_database_refuses_half_a_promotion(stage: Stage, proof: Migration) -> None:
    other = stage.migration(title="Other")
    run = proof.runs.get(kind="apply")
    for values in ({"promoted_from": proof}, {"promoted_run": run}, {"promoted_from": other, "promoted_run": run}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Migration.objects.filter(pk=other.pk).update(**values)


def test_strict_asks_for_the_procedure_in_the_environment_before(stage: Stage, production_stage: Stage) -> None:
    wish = {"parameters": {"settle_ms": 0, "route": "shop"}, "options": {"parallel_workers": 1, "batch_size": 10}}
    strict = {**wish, "options": {**wish["options"], "validation_level": "strict"}}

    assert missing(production_stage, **strict) == ["not_proven"]
    other = {**strict, "options": {**strict["options"], "batch_size": 11}}
    proven(stage)
    assert missing(production_stage, **other) == ["not_proven"]
    planned = planning.create_and_plan(
        actor=production_stage.operator, now=production_stage.now, draft=production_stage.draft(**strict)
    )
    assert planned.revision == 1


def missing(there: Stage, **wish: Any) -> list[str]:
    """Codes of what keeps the wish from being planned there."""
    with pytest.raises(InvalidInput) as refused:
        planning.create_and_plan(actor=there.operator, now=there.now, draft=there.draft(**wish))
    return [problem.code for problem in refused.value.problems]
