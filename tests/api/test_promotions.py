"""Promotion through the API: the proposal, doing it, and the comparison of what ran."""

import pytest

from migrations_app.models import Migration, Target
from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.promoted import proven
from tests.stores_on_disk import Stage, newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def proof(stage: Stage) -> Migration:
    return proven(stage)


def test_proposed_promoted_and_compared(
    stage: Stage, production_stage: Stage, proof: Migration, operator: Actor, viewer: Actor
) -> None:
    caller = program(operator)
    proposal = caller.get(f"/migrations/{proof.pk}/promotion").body
    assert (proposal["place"]["name"], proposal["why_not"]) == ("production", "")
    suggested = {role["role"]: role["suggested"] for role in proposal["roles"]}
    assert suggested == {"source": production_stage.source_id, "target": production_stage.target_id}

    answer = caller.post(
        f"/migrations/{proof.pk}/promote", {"targets": suggested, "parameters": {"route": "production-sessions"}}
    )
    assert answer.status == 201, answer.content
    made = answer.body
    assert (made["environment"], made["status"], made["digest"]) == (
        "production",
        "planned",
        newest(Migration.objects.get(pk=made["id"])).digest,
    )
    assert made["track"]["origin"]["migration_id"] == proof.pk

    compared = program(viewer).get(f"/migrations/{made['id']}/comparison").body
    assert [(c["environment"], c["same_procedure"], c["run"] is None) for c in compared["columns"]] == [
        ("staging", True, False),
        ("production", True, True),
    ]


def test_every_problem_is_named_by_field(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    answer = program(stage.operator).post(f"/migrations/{proof.pk}/promote")

    assert (answer.status, answer.fields) == (422, {"targets.source", "targets.target"})
    assert Migration.objects.count() == 1


def test_what_is_not_proven_is_not_promoted(stage: Stage, production_stage: Stage) -> None:
    planned = stage.planned()
    caller = program(stage.operator)
    assert "no run of" in caller.get(f"/migrations/{planned.pk}/promotion").body["why_not"]
    answer = caller.post(f"/migrations/{planned.pk}/promote", {"targets": {"source": production_stage.source_id}})

    assert (answer.status, answer.code) == (409, "not_proven")


def test_a_program_that_only_reads_cannot_promote(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    reader = program(stage.operator, scopes=["read"])
    targets = {"source": production_stage.source_id, "target": production_stage.target_id}

    assert reader.post(f"/migrations/{proof.pk}/promote", {"targets": targets}).status == 403
    assert Migration.objects.count() == 1


def test_a_document_is_imported_elsewhere(stage: Stage, production_stage: Stage) -> None:
    Target.objects.filter(pk=production_stage.source_id).update(name="shop")
    caller = program(stage.operator)
    text = caller.get(f"/migrations/{stage.migration().pk}/export").content
    refused = caller.send("post", "/migrations/import?environment=production", text)
    made = caller.send("post", "/migrations/import?environment=production&target=source%3Dshop", text)

    assert refused.fields == {"spec.targets.source"}
    assert (made.status, made.body["environment"]) == (201, "production")
    assert [target["name"] for target in made.body["targets"]] == ["shop", "sessions-target"]
