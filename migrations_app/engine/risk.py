"""How risky a plan is: rules that raise or lower the score, each with its evidence and how to lower it.

A rule is a pure function of spec, analysis and steps (`RiskRule`); a handler adds its own. Weights add up, credits
are negative, and the sum is kept within 0..100 (DESIGN section 5: low below 15, medium below 40, high from 40).
"""

from collections.abc import Iterable, Iterator, Sequence

from migrations_app.engine.handler import RiskRule, Spec
from migrations_app.engine.plan import Analysis, Finding, RiskAssessment, Step
from migrations_app.engine.vocabulary import RiskLevel, StepKind, ValidationLevel

MEDIUM_FROM = 15
HIGH_FROM = 40
LONG_SECONDS = 600
VERY_LONG_SECONDS = 3600
LARGE_BATCH = 10_000
MANY_WORKERS = 8


def level_of(score: int) -> RiskLevel:
    if score < MEDIUM_FROM:
        return RiskLevel.LOW
    return RiskLevel.MEDIUM if score < HIGH_FROM else RiskLevel.HIGH


def assess(
    spec: Spec, analysis: Analysis, steps: Sequence[Step], handler_rules: Iterable[RiskRule] = ()
) -> RiskAssessment:
    """Every finding, the heaviest first, with score and level."""
    rules = (*RULES, *handler_rules)
    findings = [finding for rule in rules for finding in rule(spec, analysis, steps)]
    findings.sort(key=lambda finding: -finding.weight)  # stable: equal weights stay in the order of the rules
    score = min(100, max(0, sum(finding.weight for finding in findings)))
    return RiskAssessment(score, level_of(score), tuple(findings))


def protected_environment(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if spec.protected:
        yield Finding(
            "protected_environment",
            "Protected environment",
            f"“{spec.environment}” is protected.",
            15,
            "People depend on what runs there; a mistake is felt at once.",
            "Prove the same procedure in an environment that is not protected first.",
        )


def live_effects(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    changing = [step.id for step in steps if step.kind in (StepKind.MIGRATION, StepKind.CLEANUP)]
    if changing:
        yield Finding(
            "live_effects",
            "Steps that change live things",
            f"{len(changing)} of {len(steps)} steps change a target: {', '.join(changing)}.",
            min(20, 4 * len(changing)),
            "Each change is a place where the run can stop half-way.",
            "Split the migration, so that each plan changes less.",
        )


def irreversible_steps(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    final = [step.id for step in steps if not step.reversible]
    if final:
        yield Finding(
            "irreversible_steps",
            "Steps that cannot be taken back",
            f"No undo for: {', '.join(final)}.",
            min(45, 15 * len(final)),
            "After such a step, a rollback does not restore the state before.",
            "Leave these steps out, or do them later in a plan of their own.",
        )


def backup(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    kept = spec.options.get("backup_retention", 0)
    if spec.options.get("backup_enabled", False) and any(step.kind is StepKind.BACKUP for step in steps):
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
            "Turn “backup_enabled” on.",
        )


def verification(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    checking = [step.id for step in steps if step.kind is StepKind.VERIFICATION]
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


def rollback_options(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if not spec.options.get("rollback_enabled", True):
        yield Finding(
            "rollback_options",
            "Rollback switched off",
            "rollback_enabled is false.",
            20,
            "A failed run stays as it is, half done.",
            "Turn “rollback_enabled” on.",
        )
    elif not spec.options.get("auto_rollback", True):
        yield Finding(
            "rollback_options",
            "No automatic rollback",
            "auto_rollback is false.",
            8,
            "After a failure the targets stay half done until a person acts.",
            "Turn “auto_rollback” on.",
        )


def preparation(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if not spec.options.get("dry_run_required", True):
        yield Finding(
            "preparation",
            "No dry run required",
            "dry_run_required is false.",
            6,
            "What a dry run would have found is found with live data.",
            "Turn “dry_run_required” on.",
        )


def validation_level(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if spec.options.get("validation_level") == ValidationLevel.BASIC:
        yield Finding(
            "validation_level",
            "Basic validation only",
            "validation_level is basic: capacity, compatibility and a sample are not checked.",
            8,
            "An incompatible record or a full disk is found half-way.",
            "Choose “full”.",
        )


def write_pause(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if not spec.options.get("zero_downtime", False):
        yield Finding(
            "write_pause",
            "Not zero-downtime",
            "zero_downtime is false.",
            5,
            "Writes wait, or a service pauses, while the change takes over.",
            "Choose a zero-downtime procedure where the type and the targets allow it, or a quiet hour.",
        )


def _time(seconds: int) -> str:
    """`90` -> `90 s`, `7276` -> `121 min`."""
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def duration(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    seconds = sum(step.estimated_seconds for step in steps)
    if seconds >= LONG_SECONDS:
        yield Finding(
            "duration",
            "Takes long",
            f"About {_time(seconds)}.",
            10 if seconds >= VERY_LONG_SECONDS else 4,
            "The longer it runs, the more can change or fail meanwhile.",
            "Raise “parallel_workers”, or move less at a time.",
        )


def time_limit(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    seconds = sum(step.estimated_seconds for step in steps)
    limit = spec.options.get("timeout")
    if limit is not None and 2000 * seconds > limit:
        yield Finding(
            "time_limit",
            "Little room within the time limit",
            f"About {_time(seconds)} of work, limit {_time(limit // 1000)}.",
            8,
            "A run that is slower than expected is stopped and rolled back.",
            "Raise “timeout” to at least twice the estimate.",
        )


def load(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    batch, workers = spec.options.get("batch_size", 0), spec.options.get("parallel_workers", 1)
    if batch > LARGE_BATCH or workers > MANY_WORKERS:
        yield Finding(
            "load",
            "Heavy load on the targets",
            f"{workers} parallel workers with batches of {batch} records.",
            5,
            "The services that use the targets may feel it.",
            f"Use at most {MANY_WORKERS} workers and batches of {LARGE_BATCH}.",
        )


def analysis_warnings(spec: Spec, analysis: Analysis, steps: Sequence[Step]) -> Iterator[Finding]:
    if analysis.warnings:
        yield Finding(
            "analysis_warnings",
            "The analysis warns",
            " ".join(analysis.warnings[:5]),
            min(15, 3 * len(analysis.warnings)),
            "Each of them is a difference from what is usual.",
            "Look at each warning and mend its cause.",
        )


RULES: tuple[RiskRule, ...] = (
    protected_environment,
    live_effects,
    irreversible_steps,
    backup,
    verification,
    rollback_options,
    preparation,
    validation_level,
    write_pause,
    duration,
    time_limit,
    load,
    analysis_warnings,
)
