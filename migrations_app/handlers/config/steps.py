"""The four steps: snapshot, validation, the write, verification. Each is bound to what was signed."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.config.parameters import TARGET


def steps_of(spec: Spec, binds: Mapping[str, Any], *, restores: str = "") -> Sequence[Step]:
    """`binds` is what `binding.bound` made of the outcome."""
    name, to = spec.targets[TARGET].name, binds["to"]
    what = f"snapshot {restores[:12]}" if restores else f"Snakepit {to}"
    files = len(binds["files"])
    common = {key: binds[key] for key in ("files", "origin", "to")}
    count = f"{files} file{'s' if files != 1 else ''}"
    return (
        Step(
            "backup",
            StepKind.BACKUP,
            f"Keep a snapshot of {name} ({count})",
            "backup",
            common,
            undo_title="nothing: the snapshot stays in the history",
            validation="The snapshot holds every byte of every file.",
        ),
        Step(
            "validate",
            StepKind.VALIDATION,
            f"Check that what is written for {what} is what was signed",
            "validate",
            binds,
            ("backup",),
            validation="The files are as they were signed, and so is what is made of them.",
        ),
        Step(
            "write",
            StepKind.MIGRATION,
            f"Write {name} for {what}",
            "write",
            binds,
            ("validate",),
            undo_title="give every byte back, unless somebody edited a file since",
            validation="Every file has the planned bytes, all of them or none.",
        ),
        Step(
            "verify",
            StepKind.VERIFICATION,
            f"Read {name} again and judge it by {what}",
            "verify",
            common,
            ("write",),
            undo_title="undone with the write",
            validation="The files on the disk are those that were written, and are read without an error.",
        ),
    )
