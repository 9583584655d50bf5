"""The steps of a version upgrade. Undone from the end, they first give the files back and then the workers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.config.steps import steps_of as steps_of_configuration
from migrations_app.handlers.upgrade.parameters import POOL, strategy_of

BACKUP, VALIDATE, WRITE, VERIFY = "backup", "validate", "write", "verify"
NOTE, ROLL, CONFIRM = "note_release", "roll", "confirm"
SECONDS_A_WAVE = 20  # until past runs say better


def steps_of(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    state, pool = analysis.target_state, analysis.target_state["pool"]
    backup, validate, write, verify = steps_of_configuration(spec, state["binds"])
    what = f"Snakepit {pool['release']['version']}"
    note, roll, confirm = steps_of_pool(spec, pool, what=what, note_after=VALIDATE, roll_after=WRITE)
    return (
        backup,
        validate,
        note,
        replace(write, depends_on=(NOTE,)),
        roll,
        replace(verify, depends_on=(ROLL,)),
        replace(confirm, depends_on=(VERIFY,)),
    )


def steps_of_pool(
    spec: Spec, pool: Mapping[str, Any], *, what: str, note_after: str, roll_after: str
) -> tuple[Step, Step, Step]:
    """Note what runs, roll, ask every worker. `pool` as `look_at_pool` found it; between the first two the files are
    written, so that undone from the end they are given back before the workers are."""
    name, release, before = spec.targets[POOL].name, pool["release"], pool["before"]
    binds = {"release": release, "minimum": pool["minimum"], "strategy": _strategy(spec)}
    old = before["version"] if before else "what it ran"
    waves = len(pool["waves"])
    return (
        Step(
            NOTE,
            StepKind.PREPARATION,
            f"Note what every worker of {name} runs",
            NOTE,
            binds,
            (note_after,),
            undo_title=f"bring every worker of {name} back to {old}, in waves",
            validation="The pool is whole and every worker serves.",
        ),
        Step(
            ROLL,
            StepKind.MIGRATION,
            f"Restart {pool['expected']} workers of {name} with {what}, in {waves} waves",
            ROLL,
            binds,
            (roll_after,),
            estimated_seconds=SECONDS_A_WAVE * waves,
            undo_title="undone last, when the files are given back",
            validation=f"Never fewer than {pool['minimum']} workers serve, and each new one is healthy.",
        ),
        Step(
            CONFIRM,
            StepKind.VERIFICATION,
            f"Ask every worker of {name} what it runs and how it is",
            CONFIRM,
            binds,
            (ROLL,),
            undo_title="nothing to undo",
            validation="The pool has its size, and all of it runs the new release and is healthy.",
        ),
    )


def _strategy(spec: Spec) -> dict[str, object]:
    """Plan content holds no floats, and every limit here is whole seconds."""
    strategy = strategy_of(spec.parameters)
    return {
        "surge": strategy.surge,
        "max_unavailable": strategy.max_unavailable,
        "after_deadline": str(strategy.after_deadline),
        "healthy_answers": strategy.healthy_answers,
        "soak_seconds": int(strategy.soak_seconds),
        "drain_seconds": int(strategy.limits.idle_seconds),
        "start_seconds": int(strategy.limits.replacement_seconds - strategy.soak_seconds),
    }
