from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.engine.estimates import Past, PastStep
from migrations_app.engine.handler import Action, Spec
from migrations_app.engine.plan import Analysis, Claim, Plan, Step
from migrations_app.engine.planner import create_plan
from migrations_app.engine.vocabulary import ClaimMode
from tests.engine.toy import ToyHandler, World, spec, target


def planned(handler: ToyHandler | None = None, wish: Spec | None = None) -> Plan:
    return create_plan(wish or spec(), handler or ToyHandler(World())).plan


def refused(handler: ToyHandler | None = None, wish: Spec | None = None) -> list[Problem]:
    with pytest.raises(ValidationFailed) as error:
        planned(handler, wish)
    assert error.value.problems
    return list(error.value.problems)


def test_a_plan_has_steps_in_order_the_way_back_claims_and_everything_beside() -> None:
    made = create_plan(spec(), ToyHandler(World()))
    assert [step.id for step in made.plan.steps] == ["look", "copy", "switch", "clean"]
    assert [(back.undoes, back.title) for back in made.plan.rollback_steps] == [
        ("clean", "fill the source again"),
        ("switch", "let the source serve"),
        ("copy", "remove the copies"),
        ("look", "nothing to undo"),
    ]
    assert made.plan.claims == (Claim(1, ClaimMode.EXCLUSIVE), Claim(2, ClaimMode.EXCLUSIVE))
    assert made.estimated_seconds == 13
    assert made.assessment.findings
    assert made.validation_requirements
    assert made.analysis.sizes == {"items": 6}


def test_planning_looks_and_changes_nothing() -> None:
    world = World()
    before = world.snapshot()
    planned(ToyHandler(world))
    assert (world.snapshot(), world.done) == (before, [])


def test_past_runs_make_the_estimates_and_leave_the_digest() -> None:
    took = {"copy": 600.0, "look": 0.0, "gone": 5.0}
    past = Past(steps={name: [PastStep(run, took[name]) for run in range(20)] for name in took})
    slow = create_plan(spec(), ToyHandler(World()), past)
    assert slow.estimated_seconds > 13 + 400
    assert [step.estimated_seconds for step in slow.plan.steps] == [step.seconds for step in slow.estimate.steps]
    assert slow.plan.digest == planned().digest


def test_the_same_target_in_two_roles_is_claimed_once() -> None:
    both = {"source": target(1, "source"), "target": target(1, "source")}
    assert planned(wish=spec(targets=both)).claims == (Claim(1, ClaimMode.EXCLUSIVE),)


def test_problems_of_the_spec_come_before_anything_is_looked_at() -> None:
    class Blind(ToyHandler):
        def analyze(self, spec: Spec) -> Analysis:
            raise AssertionError("looked")

    wish = spec(targets={}, parameters={"depth": 0, "deep": 1})
    fields = [problem.field for problem in refused(Blind(World()), wish)]
    assert fields == ["targets.source", "targets.target", "parameters.depth", "parameters.deep"]


def test_problems_of_handler_and_validator_are_told_together() -> None:
    class Full(ToyHandler):
        def analyze(self, spec: Spec) -> Analysis:
            return replace(super().analyze(spec), target_state={"free_bytes": 1}, sizes={"bytes": 2})

        def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
            return [Problem("parameters.depth", "Too deep.", "Dig less.")]

    assert [problem.field for problem in refused(Full(World()))] == ["parameters.depth", "targets.target"]


@pytest.mark.parametrize(("details", "field"), [({"role": "source"}, "targets.source"), ({}, "targets")])
def test_a_target_that_does_not_answer_is_a_problem_of_that_target(details: dict[str, str], field: str) -> None:
    class Silent(ToyHandler):
        def analyze(self, spec: Spec) -> Analysis:
            raise DependencyUnavailable("shelf-source does not answer.", details=details)

    problem = refused(Silent(World()))[0]
    assert (problem.field, problem.code) == (field, "unreachable")
    assert problem.fix


def with_steps(change: Any) -> ToyHandler:
    class Changed(ToyHandler):
        def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
            return [change(step) for step in super().steps(spec, analysis)]

    return Changed(World())


def test_a_cycle_between_steps_is_refused() -> None:
    handler = with_steps(lambda step: replace(step, depends_on=("clean",)) if step.id == "look" else step)
    assert [problem.code for problem in refused(handler)] == ["cycle"]


def test_a_step_whose_action_is_missing_is_refused() -> None:
    class Missing(ToyHandler):
        def actions(self) -> Mapping[str, Action]:
            return {name: action for name, action in super().actions().items() if name != "copy"}

    assert [(p.field, p.code) for p in refused(Missing(World()))] == [("steps.copy", "unknown_action")]


def test_what_cannot_be_signed_is_refused_by_part() -> None:
    handler = with_steps(lambda step: replace(step, parameters={"ratio": 0.5}))
    assert [(p.field, p.code) for p in refused(handler)] == [("steps", "not_signable")]
    huge = with_steps(lambda step: replace(step, parameters={"limit": 2**60}))
    assert refused(huge)[0].code == "not_signable"


def test_a_step_without_a_way_back_has_no_rollback_step() -> None:
    handler = with_steps(lambda step: replace(step, reversible=step.id != "clean"))
    assert [back.undoes for back in planned(handler).rollback_steps] == ["switch", "copy", "look"]
