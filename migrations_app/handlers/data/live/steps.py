"""The steps that a source asks for which keeps changing, for the handler to put among its own."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.data.live.parameters import CHANGE_COLUMN, CONFIRM, OFF, TRIGGERS
from migrations_app.handlers.data.parameters import SOURCE, TARGET

INSTALL, CATCH_UP, HAND_OVER, SWITCH, RETIRE = "install_log", "catch_up", "hand_over", "switch", "retire"
NOTE, FOLLOW, STOP = "note_column", "follow", "stop_writers"


def before_copy(spec: Spec, binds: Mapping[str, Any]) -> list[Step]:
    if spec.parameters["live"] == OFF:
        return []
    source = spec.targets[SOURCE].name
    if spec.parameters["live"] == CHANGE_COLUMN:
        title = f"Note how far {spec.parameters['change_column']} has grown on {source}"
        return [Step(NOTE, StepKind.PREPARATION, title, NOTE, binds)]
    return [
        Step(
            INSTALL,
            StepKind.PREPARATION,
            f"Make triggers on {source} that note the keys of what changes",
            INSTALL,
            binds,
            undo_title=f"remove the triggers and the log from {source}",
            validation="Every table has its triggers, and whoever wrote before they came has ended.",
        )
    ]


def after_copy(spec: Spec, binds: Mapping[str, Any]) -> list[Step]:
    """Before the comparison of everything."""
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    if spec.parameters["live"] == TRIGGERS:
        return [
            Step(
                CATCH_UP,
                StepKind.MIGRATION,
                f"Bring what changed on {source} meanwhile to {target}",
                CATCH_UP,
                binds,
                undo_title="nothing: it goes with what was copied",
                validation="The oldest change that waits is younger than the limit.",
            )
        ]
    if spec.parameters["live"] == CHANGE_COLUMN:
        column = spec.parameters["change_column"]
        return [
            Step(
                FOLLOW,
                StepKind.MIGRATION,
                f"Bring rows whose {column} grew on {source} meanwhile to {target}",
                FOLLOW,
                binds,
                undo_title="nothing: it goes with what was copied",
            ),
            Step(
                STOP,
                StepKind.MIGRATION,
                f"Bring the last rows over, with the writers of {source} stopped",
                STOP,
                binds,
                undo_title="nothing: let the writers go on",
                confirm=f"Stop everything that writes to {source}, and confirm once nothing writes any more. It has to "
                "stay stopped until everything was compared, which takes as long as reading every row of both sides: "
                f"{column} tells of no deleted row, so these are found only then.",
            ),
        ]
    return []


def after_comparison(spec: Spec, binds: Mapping[str, Any]) -> list[Step]:
    if spec.parameters["live"] != TRIGGERS:
        return []
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    stopped = spec.parameters["write_stop"] == CONFIRM
    return [
        Step(
            HAND_OVER,
            StepKind.MIGRATION,
            f"Hand over: stop the writers of {source}, bring the last changes, compare",
            HAND_OVER,
            {**binds, "limit_ms": spec.parameters["longest_write_stop_ms"]},
            undo_title=f"bring back what was written on {target} since, and let {source} take writes again",
            validation=f"{source} refuses writes, and {target} holds what it held then.",
            confirm=_stop_question(source) if stopped else "",
        ),
        Step(
            SWITCH,
            StepKind.MIGRATION,
            f"Point the services at {target}",
            SWITCH,
            binds,
            undo_title=f"point them at {source} again",
            confirm=f"{source} refuses writes from now on. Point every service that writes at {target}, by your own "
            f"deployment, and confirm once they do. What is written on {target} is noted there, so that a rollback "
            "loses none of it.",
        ),
    ]


def at_the_end(spec: Spec, binds: Mapping[str, Any]) -> list[Step]:
    if spec.parameters["live"] != TRIGGERS:
        return []
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    return [
        Step(
            RETIRE,
            StepKind.CLEANUP,
            f"Give up the way back to {source}",
            RETIRE,
            binds,
            reversible=False,
            undo_title="nothing brings the way back back",
            confirm=f"Remove the change logs, and with them the way back: from then on {source} takes writes again, "
            f"and nobody brings them to {target}. Confirm once no service uses {source} any more. Until then this run "
            "can be rolled back.",
        )
    ]


def _stop_question(source: str) -> str:
    return (
        f"Stop everything that writes to {source}, and confirm once nothing writes any more. The log is watched for "
        f"two seconds; when something is still written the hand-over is put off, and {source} takes writes as before."
    )
