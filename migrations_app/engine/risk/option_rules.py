"""What the chosen options make riskier. One function a rule."""

from collections.abc import Iterator

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.engine.vocabulary import ValidationLevel

LARGE_BATCH = 10_000
MANY_WORKERS = 8


def rollback_options(case: RiskCase) -> Iterator[Finding]:
    if not case.spec.options.get("rollback_enabled", True):
        yield Finding(
            "rollback_options",
            "Rollback switched off",
            "rollback_enabled is false.",
            20,
            "A failed run stays as it is, half done.",
            "Turn “rollback_enabled” on.",
        )
    elif not case.spec.options.get("auto_rollback", True):
        yield Finding(
            "rollback_options",
            "No automatic rollback",
            "auto_rollback is false.",
            8,
            "After a failure the targets stay half done until a person acts.",
            "Turn “auto_rollback” on.",
        )


def preparation(case: RiskCase) -> Iterator[Finding]:
    if not case.spec.options.get("dry_run_required", True):
        yield Finding(
            "preparation",
            "No dry run required",
            "dry_run_required is false.",
            6,
            "What a dry run would have found is found with live data.",
            "Turn “dry_run_required” on.",
        )


def validation_level(case: RiskCase) -> Iterator[Finding]:
    if case.spec.options.get("validation_level") == ValidationLevel.BASIC:
        yield Finding(
            "validation_level",
            "Basic validation only",
            "validation_level is basic: capacity, compatibility and a sample are not checked.",
            8,
            "An incompatible record or a full disk is found half-way.",
            "Choose “full”.",
        )


def write_pause(case: RiskCase) -> Iterator[Finding]:
    """Of the types in which the option decides; a configuration is read at a start, a pool is rolled in waves."""
    if "zero_downtime" not in case.unused_options and not case.spec.options.get("zero_downtime", False):
        yield Finding(
            "write_pause",
            "Not zero-downtime",
            "zero_downtime is false.",
            5,
            "Writes wait, or a service pauses, while the change takes over.",
            "Choose a zero-downtime procedure where the type and the targets allow it, or a quiet hour.",
        )


def load(case: RiskCase) -> Iterator[Finding]:
    batch, workers = case.spec.options.get("batch_size", 0), case.spec.options.get("parallel_workers", 1)
    if batch > LARGE_BATCH or workers > MANY_WORKERS:
        yield Finding(
            "load",
            "Heavy load on the targets",
            f"{workers} parallel workers with batches of {batch} records.",
            5,
            "The services that use the targets may feel it.",
            f"Use at most {MANY_WORKERS} workers and batches of {LARGE_BATCH}.",
        )


RULES: tuple[RiskRule, ...] = (
    rollback_options,
    preparation,
    validation_level,
    write_pause,
    load,
)
