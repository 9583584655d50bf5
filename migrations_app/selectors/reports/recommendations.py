"""What to do after a run, each with the figure that it follows from. A pure function of what the report says."""

from collections.abc import Iterator, Sequence

from migrations_app.engine.vocabulary import RunKind, RunState, StepState
from migrations_app.selectors.plans import RevisionView
from migrations_app.selectors.reports.model import (
    Fact,
    Figures,
    Integrity,
    Override,
    Recommendation,
    RollbackReport,
    RunFacts,
    StepReport,
)
from migrations_app.selectors.reports.values import counted, seconds, shown, span

NOW, SOON, CONSIDER = "now", "soon", "consider"
MANY_RETRIES = 3
SLOW = 1.5  # times what is usual, or what the plan had estimated
SLOW_MS = 60_000  # less than that much longer is nobody's trouble
_MISMATCHES = ("mismatches", "repaired", "missing", "extra")


def recommendations_of(
    run: RunFacts,
    figures: Figures,
    *,
    steps: Sequence[StepReport],
    integrity: Integrity,
    rollback: RollbackReport,
    override: Override | None,
    plan: RevisionView,
) -> tuple[Recommendation, ...]:
    """The most urgent first."""
    found = [
        *_of_its_end(run, rollback),
        *_of_an_override(override),
        *_of_integrity(integrity),
        *_of_time(run, figures, plan),
        *_of_trouble(figures, steps),
        *_of_what_stands(run, steps, plan),
    ]
    return tuple(sorted(found, key=lambda each: (NOW, SOON, CONSIDER).index(each.urgency)))


def _of_its_end(run: RunFacts, rollback: RollbackReport) -> Iterator[Recommendation]:
    if run.state == RunState.STUCK:
        text = "Do by hand what stands under Rollback, in that order; then press Retry on the run's page."
        yield Recommendation(NOW, text, f"{counted(len(rollback.remaining), 'instruction')} left")
    elif run.state == RunState.FAILED:
        yield Recommendation(NOW, "Retry the run once its cause is mended, or roll it back.", "the run has failed")
    elif run.state == RunState.ROLLED_BACK and not run.undoes and run.kind == RunKind.APPLY:
        text = "Mend the cause, plan again and have that plan signed before the next run."
        yield Recommendation(SOON, text, f"rolled back: {rollback.reason}" if rollback.reason else "rolled back")
    elif run.state == RunState.SUCCEEDED and run.kind == RunKind.DRY_RUN:
        yield Recommendation(
            SOON, "Start the run within a day; a dry run counts for so long.", "the dry run has passed"
        )


def _of_an_override(override: Override | None) -> Iterator[Recommendation]:
    if override is not None and not override.closed:
        text = "Have somebody else look at the start by break-glass and close it with a comment."
        yield Recommendation(NOW, text, f"{counted(len(override.overridden), 'condition')} overridden by {override.by}")


def _of_integrity(integrity: Integrity) -> Iterator[Recommendation]:
    for check in integrity.checks:
        for fact in check.found:
            if fact.name in _MISMATCHES and _positive(fact):
                text = f"Find out who wrote what differed before “{check.title}” mended it."
                yield Recommendation(SOON, text, f"{fact.name}: {shown(fact.value)}")
    refused = sum(table.refused_rows for table in integrity.tables)
    if refused:
        text = "Download the rows that the target refused from the run's page, and decide about them."
        yield Recommendation(SOON, text, f"{counted(refused, 'row')} refused")
    different = [tool.tool for tool in integrity.tools if tool.outcome == "different"]
    if different:
        yield Recommendation(SOON, "Look at the tools that answer differently.", ", ".join(sorted(set(different))))


def _positive(fact: Fact) -> bool:
    return isinstance(fact.value, int) and not isinstance(fact.value, bool) and fact.value > 0


def _of_time(run: RunFacts, figures: Figures, plan: RevisionView) -> Iterator[Recommendation]:
    if figures.duration_ms is None or run.state != RunState.SUCCEEDED:
        return
    usual = figures.usual_seconds
    for expected, text in (
        (usual, "Look for what made this run slower than those before it: load on either side, the pace, the network."),
        (plan.estimated_seconds if usual is None else None, "Plan the next window by what this run took."),
    ):
        if expected and figures.duration_ms > max(SLOW * expected * 1_000, expected * 1_000 + SLOW_MS):
            name = "usual" if usual is not None else "estimated"
            yield Recommendation(CONSIDER, text, f"{span(figures.duration_ms)}; {name}: {seconds(expected)}")
    if figures.downtime_ms and not run.zero_downtime and run.handler == "session":
        text = "Where nobody may wait, choose the mode without downtime."
        yield Recommendation(CONSIDER, text, f"writes waited {shown(figures.downtime_ms, 'downtime')}")


def _of_trouble(figures: Figures, steps: Sequence[StepReport]) -> Iterator[Recommendation]:
    if figures.retries >= MANY_RETRIES:
        text = "Look at why steps had to be tried again: both stores, the network, the time limits."
        yield Recommendation(CONSIDER, text, counted(figures.retries, "retry", "retries"))
    if figures.takeovers:
        text = "Look at why a worker fell silent: memory, a deployment, the machine."
        yield Recommendation(CONSIDER, text, counted(figures.takeovers, "takeover"))
    skipped = [step.title for step in steps if step.state == StepState.SKIPPED]
    if skipped:
        yield Recommendation(CONSIDER, "Do what was skipped later, if it is still wanted.", ", ".join(skipped))


def _of_what_stands(run: RunFacts, steps: Sequence[StepReport], plan: RevisionView) -> Iterator[Recommendation]:
    if run.kind != RunKind.APPLY or run.state != RunState.SUCCEEDED or run.undone_by:
        return
    for step in steps:
        kept = next((fact for fact in step.result if fact.name == "keep_until"), None)
        if kept is not None:
            text = "Decide before the backup goes whether the way back is still wanted."
            yield Recommendation(CONSIDER, text, f"kept until {shown(kept.value)}")
            break
    if "cleanup_source" not in plan.unused_options and plan.plan.options.get("cleanup_source") is False:
        text = "Remove what is left in the source once the new side has proven itself."
        yield Recommendation(CONSIDER, text, "the source was left as it is")
