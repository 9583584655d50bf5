"""The seed's eight steps, in its order, with what each one's undo does."""

from collections.abc import Sequence

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.partitions import TRANSFER

SESSIONS_A_SECOND = 10_000  # a cautious figure for both servers on one network; past runs correct it


def first_steps(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    """What every session migration begins with: look, back up, make room."""
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    sessions = analysis.sizes.get("sessions", 0)
    once = 1 + sessions // SESSIONS_A_SECOND
    backing = bool(spec.options.get("backup_enabled"))
    return (
        Step(
            "prepare",
            StepKind.PREPARATION,
            "Prepare session migration",
            "prepare",
            undo_title=f"give the route its earlier record back, with {source} as authority",
            validation="Both stores answer and the route is served by the source.",
        ),
        Step(
            "validate_target",
            StepKind.VALIDATION,
            f"Validate {target} as session storage",
            "validate_target",
            depends_on=("prepare",),
            validation="The target is empty, writable and has room.",
        ),
        Step(
            "backup",
            StepKind.BACKUP,
            f"Back up the sessions of {source}" if backing else "Back up (switched off by option)",
            "backup",
            depends_on=("validate_target",),
            estimated_seconds=once if backing else 1,
            volume=sessions if backing else 0,
            undo_title="nothing: the backup is kept until its retention ends",
            validation="Every part is in the artifact store with the checksum it was written with.",
        ),
        Step(
            "initialise",
            StepKind.MIGRATION,
            f"Initialise session storage on {target}",
            "initialise",
            depends_on=("backup",),
            undo_title="drop what was created, when it is empty",
        ),
    )


def steps_of(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    sessions = analysis.sizes.get("sessions", 0)
    once = 1 + sessions // SESSIONS_A_SECOND
    cleaning = bool(spec.options.get("cleanup_source"))
    return (
        *first_steps(spec, analysis),
        Step(
            TRANSFER,
            StepKind.MIGRATION,
            f"Transfer active sessions from {source} to {target}",
            TRANSFER,
            depends_on=("initialise",),
            estimated_seconds=once,
            volume=sessions,
            undo_title=f"remove the copies from {target}",
            partitioned=True,
        ),
        Step(
            "switch",
            StepKind.MIGRATION,
            "Switch session routing: catch up, ask writes to wait, level",
            "switch",
            depends_on=(TRANSFER,),
            estimated_seconds=2 * once,
            volume=sessions,
            undo_title=f"bring back what {target} got since, verify, and let {source} serve again",
        ),
        Step(
            "verify",
            StepKind.VERIFICATION,
            f"Verify every session both ways and let {target} serve",
            "verify",
            depends_on=("switch",),
            estimated_seconds=once,
            volume=sessions,
            undo_title="undone with the switch",
            validation="Every key, value and deadline is equal on both sides.",
        ),
        Step(
            "cleanup",
            StepKind.CLEANUP,
            f"Remove the old sessions from {source}" if cleaning else f"Leave the old sessions on {source}",
            "cleanup",
            depends_on=("verify",),
            estimated_seconds=once if cleaning else 1,
            volume=sessions if cleaning else 0,
            undo_title=f"bring the sessions back from {target}" if cleaning else "nothing to undo",
            confirm=_cleanup_question(source, target, sessions) if cleaning else "",
        ),
    )


def _cleanup_question(source: str, target: str, sessions: int) -> str:
    """What is confirmed, whole. The count is rounded: the text is part of what is signed, and traffic goes on."""
    return (
        f"Remove the old sessions from {source} for good? It held about {_rounded(sessions):,} when this was planned. "
        f"Each one that {target} holds as well is deleted from {source}; any other stays there and is counted. "
        f"Services keep working on {target}. A rollback would bring the sessions back from {target}."
    )


def _rounded(sessions: int) -> int:
    """To two significant digits."""
    return round(sessions, 2 - len(str(sessions)))
