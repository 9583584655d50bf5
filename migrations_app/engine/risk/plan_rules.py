"""What the steps of a plan and the look at its targets make riskier or safer. One function a rule."""

from collections.abc import Iterator

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.engine.risk.words import time_words
from migrations_app.engine.vocabulary import StepKind

LONG_SECONDS = 600
VERY_LONG_SECONDS = 3600


def live_effects(case: RiskCase) -> Iterator[Finding]:
    changing = [step.id for step in case.steps if step.kind in (StepKind.MIGRATION, StepKind.CLEANUP)]
    if changing:
        yield Finding(
            "live_effects",
            "Steps that change live things",
            f"{len(changing)} of {len(case.steps)} steps change a target: {', '.join(changing)}.",
            min(20, 4 * len(changing)),
            "Each change is a place where the run can stop half-way.",
            "Split the migration, so that each plan changes less.",
        )


def irreversible_steps(case: RiskCase) -> Iterator[Finding]:
    final = [step.id for step in case.steps if not step.reversible]
    if final:
        yield Finding(
            "irreversible_steps",
            "Steps that cannot be taken back",
            f"No undo for: {', '.join(final)}.",
            min(45, 15 * len(final)),
            "After such a step, a rollback does not restore the state before.",
            "Leave these steps out, or do them later in a plan of their own.",
        )


def backup(case: RiskCase) -> Iterator[Finding]:
    """Nothing is said where the handler saw that there is nothing to back up (`nothing_to_back_up` of the target)."""
    if case.analysis.target_state.get("nothing_to_back_up"):
        return
    kept = case.spec.options.get("backup_retention", 0)
    if case.spec.options.get("backup_enabled", False) and any(step.kind is StepKind.BACKUP for step in case.steps):
        yield Finding(
            "backup",
            "Backed up first",
            f"An encrypted backup is kept for {kept} days.",
            -6,
            "If all else fails, the state before can be restored from it.",
            "Keep it so.",
        )
    else:
        yield Finding(
            "backup",
            "No backup",
            "The plan takes no backup.",
            12,
            "If a rollback fails, nothing is left to restore from.",
            "This type takes none: make one by other means before the start."
            if case.spec.options.get("backup_enabled", False)
            else "Turn “backup_enabled” on.",
        )


def verification(case: RiskCase) -> Iterator[Finding]:
    checking = [step.id for step in case.steps if step.kind is StepKind.VERIFICATION]
    if checking:
        yield Finding(
            "verification",
            "Verified after the change",
            f"Verified by: {', '.join(checking)}.",
            -5,
            "A mistake is found by the run itself, while it can still be rolled back.",
            "Keep it so.",
        )
    else:
        yield Finding(
            "verification",
            "Nothing verifies the result",
            "The plan has no verification step.",
            12,
            "A mistake is found by your users.",
            "Choose a migration type or parameters with a verification.",
        )


def duration(case: RiskCase) -> Iterator[Finding]:
    seconds = case.estimated_seconds
    if seconds >= LONG_SECONDS:
        yield Finding(
            "duration",
            "Takes long",
            f"About {time_words(seconds)}.",
            10 if seconds >= VERY_LONG_SECONDS else 4,
            "The longer it runs, the more can change or fail meanwhile.",
            "Raise “parallel_workers”, or move less at a time.",
        )


def time_limit(case: RiskCase) -> Iterator[Finding]:
    seconds = case.estimated_seconds
    limit = case.spec.options.get("timeout")
    if limit is not None and 2000 * seconds > limit:
        yield Finding(
            "time_limit",
            "Little room within the time limit",
            f"About {time_words(seconds)} of work, limit {time_words(limit // 1000)}.",
            8,
            "A run that is slower than expected is stopped and rolled back.",
            "Raise “timeout” to at least twice the estimate.",
        )


def analysis_warnings(case: RiskCase) -> Iterator[Finding]:
    if case.analysis.warnings:
        yield Finding(
            "analysis_warnings",
            "The analysis warns",
            " ".join(case.analysis.warnings[:5]),
            min(15, 3 * len(case.analysis.warnings)),
            "Each of them is a difference from what is usual.",
            "Look at each warning and mend its cause.",
        )


RULES: tuple[RiskRule, ...] = (
    live_effects,
    irreversible_steps,
    backup,
    verification,
    duration,
    time_limit,
    analysis_warnings,
)
