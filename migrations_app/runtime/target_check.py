"""A fresh look at a plan's targets, compared with what the plan was made and signed on (DESIGN section 5).

Never called inside a transaction: it talks to the targets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.errors import HandlerMissing, MigrationError, ValidationFailed
from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.hiding import redact_text
from migrations_app.engine.plan import Analysis, Plan, Target
from migrations_app.engine.ports import Clock
from migrations_app.engine.start_check import Drift
from migrations_app.models import PlanRevision
from migrations_app.runtime import composition

SIZE_FACTOR = 1.5
FEW = 100  # so many records come and go in any live store, however small it is


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """`unreachable` are sentences for people; both are empty when all is well. `at` is when the look began."""

    at: datetime
    drift: tuple[Drift, ...] = ()
    unreachable: tuple[str, ...] = ()


def check_targets(revision: PlanRevision, *, protected: bool, clock: Clock) -> TargetCheck:
    """Look at every target of the plan with read-only connections.

    Sees nothing where the plan's handler is not installed: that is a condition of its own.
    """
    at = clock.now()
    plan = Plan.from_content(revision.content)
    try:
        handler = composition.handler_of(plan)
    except HandlerMissing:
        return TargetCheck(at)
    try:
        targets = composition.resolve_targets(plan)
    except ValidationFailed as error:
        return TargetCheck(at, unreachable=(error.message,))
    except MigrationError as error:
        return TargetCheck(at, drift=(Drift(error.message, str(error.details.get("target", ""))),))
    return compare(handler, plan, targets, revision.fingerprints, protected=protected, at=at)


def compare(
    handler: Handler,
    plan: Plan,
    targets: Mapping[str, Target],
    planned: Mapping[str, Mapping[str, Any]],
    *,
    protected: bool,
    at: datetime,
) -> TargetCheck:
    spec = Spec(
        type=plan.type,
        handler=plan.handler,
        environment=plan.environment,
        protected=protected,
        targets=targets,
        parameters=plan.parameters,
        options=plan.options,
        description=plan.description,
        artifacts=composition.artifacts(),
    )
    try:
        analysis = handler.analyze(spec)
    except MigrationError as error:
        return TargetCheck(at, unreachable=(error.message,))
    names = {ref.role: ref.name for ref in plan.targets}
    drift = tuple(
        drifted
        for role, name in sorted(names.items())
        if role in analysis.fingerprints and role in planned
        for drifted in differences(name, planned[role], analysis.fingerprints[role])
    )
    return TargetCheck(at, drift, tuple(_unreachable(analysis, names)))


def differences(name: str, planned: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Drift]:
    """What is no longer as planned. Sizes count from a factor of 1.5 on; an empty target must still be empty."""
    for key in sorted({*planned, *found}):
        before, now = planned.get(key), found.get(key)
        if key == "size" and isinstance(before, int) and isinstance(now, int):
            if _size_differs(before, now):
                sentence = f"Target {name} holds {now} records; the plan was made for {before}."
                yield Drift(sentence, name, "records", str(before), str(now))
        elif before != now:
            field = key.replace("_", " ")
            sentence = f"Target {name}: {field} is {_said(now)}; the plan was made for {_said(before)}."
            yield Drift(
                sentence, name, field, "" if before is None else _said(before), "" if now is None else _said(now)
            )


def _said(value: Any) -> str:
    """An identity may be an address; no password in it is said."""
    return redact_text(str(value))


def _size_differs(before: int, now: int) -> bool:
    if before == 0 or now == 0:
        return before != now and (before == 0 or before > FEW)
    return abs(now - before) > FEW and max(before, now) > SIZE_FACTOR * min(before, now)


def _unreachable(analysis: Analysis, names: Mapping[str, str]) -> Iterator[str]:
    """Handlers report a side that did not answer as `error` in its state."""
    said = {
        state.get("name"): state["error"]
        for state in (analysis.source_state, analysis.target_state)
        if isinstance(state.get("error"), Mapping)
    }
    for role, name in sorted(names.items()):
        if name in said:
            yield f"Target {name} does not answer: {said[name].get('message', 'no reason was given')}"
        elif role not in analysis.fingerprints:
            yield f"Target {name} could not be looked at."
