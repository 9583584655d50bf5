"""A case that no general rule has anything to say against, to be worsened one thing at a time."""

from collections.abc import Sequence
from typing import Any

from migrations_app.engine.environment_facts import NOTHING_KNOWN, EnvironmentFacts
from migrations_app.engine.handler import RiskCase
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from tests.engine.toy import spec

CALM = Analysis({}, {}, {})


def step(kind: StepKind, **changes: Any) -> Step:
    return Step(str(changes.pop("id", kind)), kind, "A step", "act", **changes)


MOVE, SAVE, CHECK = step(StepKind.MIGRATION), step(StepKind.BACKUP), step(StepKind.VERIFICATION)
SLOW = step(StepKind.MIGRATION, estimated_seconds=3600)


def case(
    *steps: Step,
    seen: Analysis = CALM,
    facts: EnvironmentFacts = NOTHING_KNOWN,
    protected: bool = False,
    **options: Any,
) -> RiskCase:
    return RiskCase(spec(protected=protected, options=options), seen, steps, facts)


def knowing(*steps: Step, protected: bool = False, **facts: Any) -> RiskCase:
    return case(*steps, protected=protected, facts=EnvironmentFacts(**facts))


def ordinary() -> Sequence[Step]:
    return (SAVE, step(StepKind.MIGRATION, id="a"), step(StepKind.MIGRATION, id="b"), CHECK)
