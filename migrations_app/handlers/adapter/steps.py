"""The seed's seven steps, each bound to what was signed; with a pool its roll, with recorded calls their comparison.

Undone from the end, they first bring the old adapter's file back, then the calls, then the workers, then take the
package away: nobody ever runs what is not there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.adapter.making.outcome import CALLS, CLEANUP, CONFIGURE
from migrations_app.handlers.adapter.parameters import OFF, PROJECT
from migrations_app.handlers.upgrade.steps import ROLL, steps_of_pool

ANALYZE, VALIDATE, BACKUP, SAMPLES, VERIFY = "analyze", "validate", "backup", "samples", "verify"
CASES_A_SECOND = 100  # until past runs say better


def steps_of(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    state = analysis.target_state["adapter"]
    pool = analysis.target_state.get("pool")
    binds, name = state["binds"], spec.targets[PROJECT].name
    whole = {key: binds[key] for key in ("project", "adapter", "tools", "left")}
    before_calls, before_verify = CONFIGURE, CALLS
    rolling: list[Step] = []
    steps = [*_looking(spec, state, whole, name), _configure(spec, state, {**whole, **binds[CONFIGURE]}, name)]
    if spec.options["zero_downtime"]:
        steps.append(_samples(spec, whole, name))
        before_calls = SAMPLES
    if pool is not None:
        note, roll, confirm = steps_of_pool(
            spec, pool, what="the generic adapter", note_after=before_calls, roll_after=CALLS
        )
        steps.append(note)
        before_calls, before_verify = note.id, ROLL
        rolling = [roll, replace(confirm, depends_on=(VERIFY,))]
    steps.append(_calls(spec, state, {**whole, **binds[CALLS]}, name, before_calls))
    steps += rolling[:1]
    steps.append(_verify(spec, {**whole, CONFIGURE: binds[CONFIGURE], CALLS: binds[CALLS]}, name, before_verify))
    steps += rolling[1:]
    if state["removed"]:
        steps.append(_cleanup(spec, state, {**whole, **binds[CLEANUP]}, name, steps[-1].id))
    return steps


def _seconds(spec: Spec, tools: int) -> int:
    return 1 if spec.parameters["equivalence"] == OFF else 1 + tools * spec.parameters["cases"] // CASES_A_SECOND


def _looking(spec: Spec, state: Any, whole: dict[str, Any], name: str) -> list[Step]:
    tools = len(whole["tools"])
    return [
        Step(
            ANALYZE,
            StepKind.PREPARATION,
            "Analyze custom adapter",
            ANALYZE,
            whole,
            validation=f"{name} is as it was signed, and so is what is made of it.",
        ),
        Step(
            VALIDATE,
            StepKind.VALIDATION,
            "Validate generic adapter compatibility",
            VALIDATE,
            whole,
            (ANALYZE,),
            estimated_seconds=_seconds(spec, tools),
            validation=_proof(spec, tools),
        ),
        Step(
            BACKUP,
            StepKind.BACKUP,
            f"Back up every file of {name} that is touched",
            BACKUP,
            {**whole, **{step: state["binds"][step] for step in (CONFIGURE, CALLS, CLEANUP)}},
            (VALIDATE,),
            undo_title="nothing: the backup is kept until its retention ends",
            validation="The backup holds every byte, permission and owner.",
        ),
    ]


def _proof(spec: Spec, tools: int) -> str:
    if spec.parameters["equivalence"] == OFF:
        return "Nothing is run: the plan says so."
    return f"{tools} tools answered {spec.parameters['cases']} cases each side by side, in a sandbox."


def _configure(spec: Spec, state: Any, binds: dict[str, Any], name: str) -> Step:
    return Step(
        CONFIGURE,
        StepKind.MIGRATION,
        "Configure generic adapter",
        CONFIGURE,
        {**binds, "place": state["place"]},
        (BACKUP,),
        undo_title=f"remove {state['place']} from {name}, unless somebody edited it",
        validation=f"{state['place']} has the files that were signed, all of them or none.",
    )


def _samples(spec: Spec, whole: dict[str, Any], name: str) -> Step:
    return Step(
        SAMPLES,
        StepKind.VALIDATION,
        f"Compare both adapters on the newest recorded calls of {name}",
        SAMPLES,
        whole,
        (CONFIGURE,),
        estimated_seconds=_seconds(spec, len(whole["tools"])),
        validation=f"Of each tool {spec.parameters['recorded_least']} calls of the last "
        f"{spec.parameters['recorded_hours']} h, and none told the two apart.",
    )


def _calls(spec: Spec, state: Any, binds: dict[str, Any], name: str, after: str) -> Step:
    files = len(binds["files"])
    return Step(
        CALLS,
        StepKind.MIGRATION,
        "Migrate adapter calls",
        CALLS,
        binds,
        (after,),
        undo_title="give every byte back, unless somebody edited a file since",
        validation=f"{files} file{'s' if files != 1 else ''} of {name}: all of them or none.",
    )


def _verify(spec: Spec, binds: dict[str, Any], name: str, after: str) -> Step:
    return Step(
        VERIFY,
        StepKind.VERIFICATION,
        "Validate adapter functionality",
        VERIFY,
        binds,
        (after,),
        estimated_seconds=_seconds(spec, len(binds["tools"])),
        undo_title="nothing to undo",
        validation="The files are those that were signed, and the configuration on the disk answers as before.",
    )


def _cleanup(spec: Spec, state: Any, binds: dict[str, Any], name: str, after: str) -> Step:
    paths = ", ".join(state["removed"])
    return Step(
        CLEANUP,
        StepKind.CLEANUP,
        "Remove old adapter code",
        CLEANUP,
        binds,
        (after,),
        undo_title=f"bring {paths} back, byte for byte, with its permissions",
        validation=f"{paths} is gone.",
        confirm=f"Remove {paths} from {name} for good? {state['adapter']} is served by {state['serves_as']} now, and "
        "nothing in the project that was read names the file any more; code outside of it was not looked at. A "
        "rollback would bring the file back while the backup is kept.",
    )
