"""What the environment and what else is going on there make riskier or safer. One function a rule."""

from collections.abc import Iterator

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.engine.risk.words import time_words

RIVALS_NAMED = 3
STAND_INS = 2


def protected_environment(case: RiskCase) -> Iterator[Finding]:
    if case.spec.protected:
        yield Finding(
            "protected_environment",
            "Protected environment",
            f"“{case.spec.environment}” is protected.",
            15,
            "People depend on what runs there; a mistake is felt at once.",
            "Prove the same procedure in an environment that is not protected first.",
        )


def maintenance_window(case: RiskCase) -> Iterator[Finding]:
    windows = case.facts.windows
    if windows is None:
        return
    if not windows.count:
        if case.spec.protected:
            yield Finding(
                "maintenance_window",
                "No maintenance window",
                f"“{case.spec.environment}” has none to come.",
                4,
                "It can be started at the busiest hour, when a slip is felt most.",
                "Give the environment a maintenance window.",
            )
    elif windows.longest_seconds < 2 * case.estimated_seconds:
        yield Finding(
            "maintenance_window",
            "Little room within a maintenance window",
            f"About {time_words(case.estimated_seconds)} of work, the longest window of “{case.spec.environment}” is "
            f"{time_words(windows.longest_seconds)}.",
            8,
            "When the window closes, a run that is slower than expected is not done.",
            "Move less at a time, or make a window at least twice as long as the estimate.",
        )
    else:
        yield Finding(
            "maintenance_window",
            "Fits well into a maintenance window",
            f"About {time_words(case.estimated_seconds)} of work, the longest window is "
            f"{time_words(windows.longest_seconds)}.",
            -3,
            "It is done while little goes on, with time for a rollback.",
            "Keep it so.",
        )


def rivals(case: RiskCase) -> Iterator[Finding]:
    found = case.facts.rivals
    if not found:
        return
    named = [
        f"#{rival.migration_id} “{rival.title}” ({rival.target}{', running' if rival.running else ''})"
        for rival in found[:RIVALS_NAMED]
    ]
    more = f" and {len(found) - RIVALS_NAMED} more" if len(found) > RIVALS_NAMED else ""
    running = any(rival.running for rival in found)
    yield Finding(
        "rivals",
        "Others are about to change a target",
        f"{', '.join(named)}{more}.",
        8 if running else 4,
        "Whichever runs first changes what the other was planned for.",
        "Finish or cancel the others, then plan again.",
    )


def changed_targets(case: RiskCase) -> Iterator[Finding]:
    if case.facts.changed_targets:
        said = [
            f"“{target.name}” {f'{target.hours} h' if target.hours else 'less than an hour'} ago"
            for target in case.facts.changed_targets
        ]
        yield Finding(
            "changed_targets",
            "A target was set up anew lately",
            f"Edited: {', '.join(said)}.",
            3,
            "A connection or layout that is new has not shown yet that it is right.",
            "Make a dry run, and wait a day.",
        )


def stand_ins(case: RiskCase) -> Iterator[Finding]:
    operators = case.facts.operators
    if operators is not None and operators < STAND_INS:
        yield Finding(
            "stand_ins",
            "Nobody could take over",
            f"{'One person' if operators == 1 else 'Nobody'} may run and roll back in “{case.spec.environment}”.",
            2,
            "When that person is not there, nobody else can stop it or roll it back.",
            "Make somebody else an operator too.",
        )


RULES: tuple[RiskRule, ...] = (
    protected_environment,
    maintenance_window,
    rivals,
    changed_targets,
    stand_ins,
)
