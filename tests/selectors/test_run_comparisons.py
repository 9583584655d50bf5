"""One procedure in two environments: real runs, and what the comparison marks."""

from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import Migration, PlanRevision, Run, RunEvent
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_comparisons import RunComparison, compare_runs
from migrations_app.services import promoting
from migrations_app.services.actor import Actor
from tests.promoted import proven
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db
ELSEWHERE = {"settle_ms": 0, "route": "shop"}


def compared(actor: Actor, migration: Migration, stage: Stage, *runs: int) -> RunComparison:
    return compare_runs(actor=actor, migration_id=migration.pk, now=stage.now, runs=runs)


def again(run: Run, state: RunState) -> int:
    """Another run of the same plan, which only its row tells of."""
    values = {name: getattr(run, name) for name in ("migration", "revision", "environment", "procedure", "kind")}
    ends = {"started_by": run.started_by, "created_at": run.created_at, "ended_at": run.ended_at}
    return Run.objects.create(**values, **ends, state=state).pk


def test_two_runs_of_one_procedure_side_by_side(viewer: Actor, stage: Stage, production_stage: Stage) -> None:
    before, after = proven(stage), proven(production_stage, parameters=ELSEWHERE)
    # The transfer in production took a minute longer.
    transfer = RunEvent.objects.filter(run__migration=after, step="transfer", type=EventType.STEP_STARTED).order_by(
        "seq"
    )[0]
    RunEvent.objects.filter(pk=transfer.pk).update(at=transfer.at - timedelta(minutes=1))

    found = compared(viewer, before, stage)

    assert [(c.environment, c.migration_id, c.same_procedure) for c in found.columns] == [
        ("staging", before.pk, True),
        ("production", after.pk, True),
    ]
    assert {c.targets for c in found.columns} == {(("source", "sessions-source"), ("target", "sessions-target"))}
    steps = {step.id: step for step in found.steps}
    assert [step.id for step in found.steps if step.differs] == ["transfer"]
    assert steps["transfer"].differs == ("time",)
    cells = steps["transfer"].cells
    assert [cell.done for cell in cells if cell] == [20, 20]
    assert [cell.state for cell in cells if cell] == ["succeeded", "succeeded"]
    counts = {line.name: line for line in found.counts}
    assert any(line.values == (20, 20) and not line.differs for line in counts.values())
    assert [line.name for line in found.content] == ["route"]
    assert found.same_content > 20
    outcome = {line.name: line for line in found.outcome}
    assert outcome["steps done"].values == ("8 of 8", "8 of 8")


def test_the_newest_two_of_each_environment_and_what_stands_among_them(
    viewer: Actor, stage: Stage, production_stage: Stage
) -> None:
    here, there = proven(stage), proven(production_stage, parameters=ELSEWHERE)
    stood, elsewhere = (Run.objects.get(migration=migration, kind=RunKind.APPLY) for migration in (here, there))
    failed = [again(stood, RunState.FAILED) for _ in range(6)]

    found = compared(viewer, here, stage)

    assert [c.run.id for c in found.columns if c.run] == [stood.pk, failed[-1], elsewhere.pk]
    assert [c.label for c in found.columns] == [
        f"staging, run {stood.pk}",
        f"staging, run {failed[-1]}",
        "production",
    ]
    assert [choice.run_id for choice in found.choices] == [*failed[:0:-1], stood.pk, elsewhere.pk]
    assert [choice.run_id for choice in found.choices if choice.chosen] == [failed[-1], stood.pk, elsewhere.pk]


def test_chosen_runs_are_compared_and_others_passed_over(viewer: Actor, stage: Stage, production_stage: Stage) -> None:
    here, there = proven(stage), proven(production_stage, parameters=ELSEWHERE)
    stood, elsewhere = (Run.objects.get(migration=migration, kind=RunKind.APPLY) for migration in (here, there))
    failed = [again(stood, RunState.FAILED) for _ in range(5)]

    assert [c.run.id for c in compared(viewer, here, stage, *failed[3:5], 999).columns if c.run] == failed[3:5]
    assert len(compared(viewer, here, stage, 999).columns) == 3
    assert [c.run.id for c in compared(viewer, here, stage, elsewhere.pk).columns if c.run] == [elsewhere.pk]


def test_a_finding_of_one_side_and_another_procedure_are_marked(
    operator: Actor, viewer: Actor, stage: Stage, production_stage: Stage
) -> None:
    proof = proven(stage)
    made = promoting.promote(
        actor=operator,
        now=stage.now,
        migration_id=proof.pk,
        targets={"source": production_stage.source_id, "target": production_stage.target_id},
        parameters={"route": "shop"},
    )
    planned = Migration.objects.get(pk=made.migration_id)
    PlanRevision.objects.filter(migration=planned).update(procedure="edited since")

    for looked_at in (proof, planned):
        found = compared(viewer, looked_at, stage)
        assert found.columns[0].environment == "staging"
    last = found.columns[-1]
    assert (last.environment, last.run, found.columns[0].same_procedure) == ("production", None, False)
    assert found.steps[0].cells[1] is not None
    assert (found.steps[0].cells[1].state, found.steps[0].cells[1].took_ms) == ("", None)
    protected = {line.name: line.values for line in found.findings}["Protected environment"]
    assert (protected[0], protected[1]) == (None, 15)


def test_without_a_plan_there_is_nothing_to_compare(viewer: Actor, stage: Stage) -> None:
    assert compared(viewer, stage.migration(), stage).columns == ()


def test_what_is_hidden_is_not_compared(outsider: Actor, stage: Stage) -> None:
    with pytest.raises(NotFound):
        compared(outsider, stage.planned(), stage)
