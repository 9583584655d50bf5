"""The steps of a zero-downtime migration; the seed's names where it has one. Reversible until the last two."""

from collections.abc import Sequence

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.partitions import TRANSFER
from migrations_app.handlers.session.steps import SESSIONS_A_SECOND, first_steps

BACKFILLED_A_SECOND = 5_000  # a cautious figure; past runs correct it


def zero_downtime_steps(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    sessions = analysis.sizes.get("sessions", 0)
    soak = (2 * spec.parameters["canary_soak_ms"] + spec.parameters["soak_ms"]) // 1000
    return (
        *first_steps(spec, analysis),
        Step(
            "join",
            StepKind.MIGRATION,
            f"Prepare {source} and {target} for the route",
            "join",
            depends_on=("initialise",),
            undo_title=f"take off what was prepared on both, and the copies on {target}",
            validation="Both stores have fences, journals and the route's record.",
        ),
        Step(
            "journal",
            StepKind.MIGRATION,
            f"Version and mark every write to {source}",
            "journal",
            depends_on=("join",),
            estimated_seconds=1 + spec.parameters["legacy_watch_ms"] // 1000,
            undo_title="plain operations again, once every client has heard of it",
            validation="Every client follows the route; nobody writes without it.",
        ),
        Step(
            "dual_write",
            StepKind.MIGRATION,
            f"Enable dual write: relay every change from {source} to {target}",
            "dual_write",
            depends_on=("journal",),
            undo_title="stop the relay",
        ),
        Step(
            TRANSFER,
            StepKind.MIGRATION,
            f"Migrate sessions from {source} to {target} in batches",
            "backfill",
            depends_on=("dual_write",),
            estimated_seconds=1 + sessions // BACKFILLED_A_SECOND,
            volume=sessions,
            undo_title="nothing: the copies go with what was prepared on the target",
            partitioned=True,
        ),
        Step(
            "prove",
            StepKind.VERIFICATION,
            "Validate consistency: compare every session both ways, repair, compare again",
            "prove",
            depends_on=(TRANSFER,),
            estimated_seconds=1 + sessions // SESSIONS_A_SECOND,
            volume=sessions,
            undo_title="nothing to undo",
            validation="A whole pass finds every key, value, deadline and sliding length equal.",
        ),
        Step(
            "switch",
            StepKind.MIGRATION,
            f"Switch traffic to {target} in waves: one bucket, a tenth, all",
            "switch_in_waves",
            depends_on=("prove",),
            estimated_seconds=5 + soak,
            undo_title=f"hand every bucket back to {source}, which has all that was written since",
            validation="Every gate was open at each wave, and the soak passed.",
        ),
        Step(
            "complete",
            StepKind.MIGRATION,
            f"Complete: stop keeping {source} level",
            "complete",
            depends_on=("switch",),
            reversible=False,
            undo_title=f"cannot be undone: {source} falls behind from here on",
            confirm=(
                f"Let {target} serve alone? {source} is no longer kept level: from here on there is no way back but a "
                "new migration in the other direction."
            ),
        ),
        Step(
            "retire",
            StepKind.CLEANUP,
            _retire_title(spec, source),
            "retire",
            depends_on=("complete",),
            reversible=False,
            undo_title="cannot be undone",
        ),
    )


def _retire_title(spec: Spec, source: str) -> str:
    cleaning = bool(spec.options.get("cleanup_source"))
    old = f"the old sessions of {source}" if cleaning else f"leave the old sessions on {source}"
    return f"Remove what was kept beside the sessions, and {old}"
