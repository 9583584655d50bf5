# ruff: noqa: S101  (part of a test class: pytest is what reads its asserts)
"""What a handler says: its declarations, its plan, its checkpoints and results, before anything dies or fails."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from migrations_app.engine.declarations import problems_of
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.hiding import HIDDEN
from migrations_app.engine.parameters import FieldKind, parse
from migrations_app.engine.plan import Plan
from migrations_app.engine.planner import create_plan
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.contract_world import Questions, ended

_STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_REPORTED = (EventType.CHECKPOINT_SAVED, EventType.STEP_SUCCEEDED)


class Promises(Questions):
    def test_its_declarations_can_be_used(self) -> None:
        """As every installation asks before it lets a handler in."""
        self.reset()
        problems = problems_of(self.make_handler())
        assert not problems, " ".join(problems)

    def test_the_spec_fills_roles_and_parameters_as_they_are_declared(self) -> None:
        self.reset()
        handler, spec = self.make_handler(), self.make_spec()
        roles = {role.name: role for role in handler.roles}
        assert set(spec.targets) <= set(roles), f"targets are {sorted(spec.targets)}, roles {sorted(roles)}"
        missing = [name for name, role in roles.items() if role.required and name not in spec.targets]
        assert not missing, f"no target for {missing}"
        wrong = [name for name, target in spec.targets.items() if target.kind not in roles[name].kinds]
        assert not wrong, f"a target of a kind that its role does not take: {wrong}"
        values, problems = parse(handler.parameters, spec.parameters, path="parameters")
        assert not problems, problems
        assert values == dict(spec.parameters), "the parameters of a spec are complete: each declared one has a value"

    def test_planning_changes_nothing(self) -> None:
        self.reset()
        before = self.snapshot()
        self.make_plan()
        self.same(before, "after planning")

    def test_the_plan_is_data_without_floats(self) -> None:
        """It survives JSON whole: what is signed is what is run."""
        self.reset()
        plan, spec = self.make_plan().plan, self.make_spec()
        content = plan.content()
        _json_ready(content, "the plan")
        text = json.dumps(content)
        assert Plan.from_content(json.loads(text)).digest == plan.digest, "the digest changes on the way through JSON"
        for role, target in spec.targets.items():
            for name, secret in target.secrets.items():
                assert secret not in text, f"the secret “{name}” of {role} is in the plan"

    def test_the_digest_is_stable(self) -> None:
        """The same wish in the same world is the same plan, whatever order its values come in."""
        self.reset()
        plan, spec = self.make_plan().plan, self.make_spec()
        turned = replace(spec, parameters=_turned(spec.parameters), options=_turned(spec.options))
        for again in (spec, turned):
            planned = create_plan(again, self.make_handler()).plan
            assert planned.digest == plan.digest, f"{plan.content()}\nis not\n{planned.content()}"

    def test_the_steps_are_a_graph_without_cycles(self) -> None:
        self.reset()
        handler, spec = self.make_handler(), self.make_spec()
        given = handler.steps(spec, handler.analyze(spec))
        names = [step.id for step in given]
        assert len(set(names)) == len(names), f"two steps have one id: {names}"
        assert all(_STEP_ID.fullmatch(name) for name in names), f"ids are small letters, digits and “_”: {names}"
        for step in given:
            assert set(step.depends_on) <= set(names), f"“{step.id}” depends on a step that is not there"
            assert step.estimated_seconds >= 1, f"“{step.id}” takes no time"
            assert step.title.strip(), f"“{step.id}” has no title"
        plan = self.make_plan().plan
        place = {step.id: at for at, step in enumerate(plan.steps)}
        early = [step.id for step in plan.steps if any(place[name] > place[step.id] for name in step.depends_on)]
        assert not early, f"these stand before what they depend on: {early}"
        back = [step.id for step in reversed(plan.steps) if step.reversible]
        assert [step.undoes for step in plan.rollback_steps] == back

    def test_the_analysis_and_the_findings_are_json(self) -> None:
        """They are kept with the plan, shown, and compared when the run begins."""
        self.reset()
        planned = self.make_plan()
        for name in ("source_state", "target_state", "fingerprints", "sizes"):
            _as_json(dict(getattr(planned.analysis, name)), f"the analysis' {name}")
        again = self.make_plan().analysis
        assert again.fingerprints == planned.analysis.fingerprints, "two looks at one world give two fingerprints"
        for finding in planned.assessment.findings:
            _as_json(asdict(finding), f"the finding {finding.rule}")
            assert finding.why, f"the finding {finding.rule} does not say why it matters"
            assert finding.evidence, f"the finding {finding.rule} does not say what was seen"

    def test_checkpoints_and_results_are_json(self) -> None:
        for event in self._reported():
            where = f"{event.type} of “{event.step}”"
            _as_json(dict(event.payload), where)

    def test_every_secret_that_is_named_is_given_and_none_is_kept(self) -> None:
        """An empty promise for a handler without secrets. What is kept is hidden, so it would be read back as “•••”."""
        self.reset()
        named, given = {ref.parameter for ref in self.make_spec().secrets}, self.secrets()
        assert named == set(given), f"parameters name secrets for {sorted(named)}; `secrets()` gives {sorted(given)}"
        if not any(each.kind is FieldKind.SECRET for each in self.make_handler().parameters):
            return
        for event in self._reported():
            kept = json.dumps(dict(event.payload), ensure_ascii=False)
            assert HIDDEN not in kept, f"a secret is in the {event.type} of “{event.step}”: {kept}"

    def test_progress_adds_up(self) -> None:
        """Where there is a total it never goes back, and a step ends at the sum of what its partitions had expected."""
        last: dict[tuple[str, int], Mapping[str, Any]] = {}
        for event in self._reported():
            if event.type is not EventType.CHECKPOINT_SAVED:
                continue
            said, before = event.payload, last.get((event.step, event.partition))
            known = before if before and None not in (before.get("total"), said.get("total")) else said
            assert known["done"] <= said["done"], f"“{event.step}” goes back to {said['done']}"
            last[event.step, event.partition] = said
        for step in {step for step, _ in last}:
            ends = [said for (of, _), said in last.items() if of == step]
            if any(said.get("total") is None for said in ends):
                continue
            done, total = sum(said["done"] for said in ends), sum(said["total"] for said in ends)
            assert done == total, f"“{step}” ends at {done} of {total}"

    def _reported(self) -> list[NewEvent]:
        """What an undisturbed run writes of its own, as the handler gave it."""
        self.reset()
        run, events = self.make_run(), list[NewEvent]()
        run.memory.before_append = lambda new: events.extend(event for event in new if event.type in _REPORTED)
        ended(run.finish(), RunState.SUCCEEDED, "although nothing disturbed it")
        return events


def _turned(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(values.items())))


def _as_json(value: Any, where: str) -> None:
    text = json.dumps(value, allow_nan=False)
    assert json.loads(text) == value, f"{where} changes on the way through JSON: {value!r} becomes {text}"


def _json_ready(value: Any, where: str) -> None:
    floats = list(_floats(value, where))
    assert not floats, f"plans hold no floats; give integers, or text: {floats}"
    text = json.dumps(value)
    assert json.dumps(json.loads(text)) == text, f"{where} changes on the way through JSON"


def _floats(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, float):
        yield where
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _floats(inner, f"{where}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, inner in enumerate(value):
            yield from _floats(inner, f"{where}[{number}]")
