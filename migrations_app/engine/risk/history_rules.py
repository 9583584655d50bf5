"""What came of earlier runs, and so makes this one riskier or safer. One function a rule."""

from collections.abc import Iterator

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding


def rehearsed(case: RiskCase) -> Iterator[Finding]:
    """The order of promotion: what succeeded in the environment before is less of a surprise in this one."""
    earlier = case.facts.earlier
    if earlier is None:
        return
    if earlier.successes:
        times = "once" if earlier.successes == 1 else f"{earlier.successes} times"
        yield Finding(
            "rehearsed",
            "Done before in the environment before this one",
            f"The same procedure succeeded {times} in “{earlier.name}”.",
            -6,
            "What the procedure does is known; what differs is the place.",
            "Keep it so.",
        )
    else:
        yield Finding(
            "rehearsed",
            "Not done in the environment before this one",
            f"The same procedure has not succeeded in “{earlier.name}” yet.",
            8 if case.spec.protected else 3,
            "Here is where it would be tried for the first time.",
            f"Run the same procedure in “{earlier.name}” first.",
        )


def rehearsal(case: RiskCase) -> Iterator[Finding]:
    """Of exactly this plan, between these very stores."""
    rehearsed = case.facts.rehearsed
    if rehearsed is None:
        return
    if case.digest in rehearsed:
        yield Finding(
            "rehearsal",
            "Rehearsed",
            "A rehearsal of exactly this plan succeeded.",
            -5,
            "All of it was copied between these very stores, read back and compared; the hand-over was not tried.",
            "Keep it so.",
        )
    else:
        yield Finding(
            "rehearsal",
            "Not rehearsed",
            "No rehearsal of exactly this plan has succeeded.",
            2 if case.spec.protected else 1,
            "What these very stores refuse or change shows only when sessions are really written.",
            "Rehearse it, then plan again: the same content keeps its signatures.",
        )


def first_use(case: RiskCase) -> Iterator[Finding]:
    if case.facts.version_successes == 0:
        yield Finding(
            "first_use",
            "First use of this kind of migration",
            f"“{case.spec.handler}” in its present version has not succeeded in this installation yet.",
            3,
            "What is particular about your stores and networks has not shown yet.",
            "Run it first where a mistake costs little.",
        )


def past_runs(case: RiskCase) -> Iterator[Finding]:
    """Of the same targets in the same roles."""
    past = case.facts.past
    if past is None or past.last_run is None:
        return
    counted = f"{past.failed} of {past.failed + past.succeeded} runs between these targets failed"
    if past.last_failed:
        yield Finding(
            "past_runs",
            "The last run between these targets failed",
            f"Run {past.last_run} failed; {counted}.",
            10,
            "Whatever stopped it may still be there.",
            "Find out in the run's report why it failed, and mend that first.",
        )
    elif past.failed:
        yield Finding(
            "past_runs",
            "Runs between these targets have failed before",
            f"{counted}; run {past.last_run}, the last one, succeeded.",
            3,
            "What failed once can fail again.",
            "Look at the reports of the runs that failed.",
        )
    else:
        yield Finding(
            "past_runs",
            "Runs between these targets succeeded",
            f"All {past.succeeded} of them; run {past.last_run} is the last one."
            if past.succeeded > 1
            else f"Run {past.last_run}, the only one.",
            -3,
            "These very stores have taken it before.",
            "Keep it so.",
        )


RULES: tuple[RiskRule, ...] = (
    rehearsed,
    rehearsal,
    first_use,
    past_runs,
)
