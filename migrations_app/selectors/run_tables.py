"""The tables of a data migration's run: how far each is, what was refused, and what the comparison found."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.run_view import PartitionView, RunView, StepView
from migrations_app.engine.vocabulary import MigrationType, RunKind, StepState

COPY, VERIFY, CLEANUP = "copy", "verify", "cleanup"
MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class RunTable:
    """`rows` is what the plan expected. `compared`: rows of the source that were compared; `equal` is None before.

    `digest` is the source's, 32 hex digits, '' while nothing was compared.
    """

    source: str
    target: str
    rows: int
    copied: int
    rejected: int
    finished: bool
    compared: int
    equal: bool | None
    digest: str

    @property
    def percentage(self) -> int:
        if self.finished:
            return 100
        return min(99, 100 * self.copied // self.rows) if self.rows else 0


@dataclass(frozen=True, slots=True)
class RefusedRows:
    table: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`key` is the row's, as text; `kind`: missing, extra or value."""

    table: str
    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class RunTables:
    """`repaired`: differences that were mended; `differences` are the first of them by name. `passes`: whole ones."""

    tables: tuple[RunTable, ...]
    rejected: int
    refused: tuple[RefusedRows, ...]
    passes: int
    repaired: int
    differences: tuple[Difference, ...]

    @property
    def copied(self) -> int:
        return sum(each.copied for each in self.tables)

    @property
    def finished(self) -> int:
        return sum(each.finished for each in self.tables)


def tables_of(view: RunView, target_state: Mapping[str, Any], kind: RunKind = RunKind.APPLY) -> RunTables | None:
    """None for a run that moves no tables, as a dry run: its steps only say how many rows they would.

    `target_state` is what was seen when it was planned.
    """
    planned = target_state.get("data", {}).get("tables")
    if view.plan.type is not MigrationType.DATA or not planned or kind is RunKind.DRY_RUN:
        return None
    copied, compared = _copied(view), _compared(view)
    done = _finished_tables(view)
    verified = _result(view, VERIFY)
    cleaned = _result(view, CLEANUP)
    tables = tuple(_table(each, copied[each["target"]], compared[each["target"]], done) for each in planned)
    return RunTables(
        tables=tables,
        rejected=max(cleaned.get("rejected", 0), sum(each.rejected for each in tables)),
        refused=tuple(_refused(cleaned.get("tables", {})))[:MOST_REASONS],
        passes=verified.get("passes", 0),
        repaired=verified.get("repaired", 0),
        differences=tuple(
            Difference(each["table"], ", ".join(each["key"]), each["kind"]) for each in verified.get("differences", ())
        ),
    )


def _table(
    planned: Mapping[str, Any], copied: Mapping[str, int], compared: Mapping[str, Any], done: frozenset[str]
) -> RunTable:
    name = planned["target"]
    return RunTable(
        source=planned["source"],
        target=name,
        rows=planned["rows"],
        copied=copied["rows"],
        rejected=copied["rejected"],
        finished=name in done,
        compared=compared.get("source_rows", 0),
        equal=compared.get("equal"),
        digest=compared.get("source_digest", ""),
    )


def _copied(view: RunView) -> Mapping[str, Mapping[str, int]]:
    """By table, of the partitions that have ended and of those at work; nothing of a step that was taken back."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"rows": 0, "rejected": 0})
    for step in _steps(view, COPY):
        if step.state is StepState.UNDONE and not view.cleans_up:
            continue
        for name, counts in _counts(step):
            for key in ("rows", "rejected"):
                found[name][key] += counts[key]
    return found


def _counts(step: StepView) -> Iterator[tuple[str, Mapping[str, int]]]:
    if step.result is not None:
        yield from step.result.get("tables", {}).items()
        return
    for part in _parts(step):
        if part.result is not None:
            yield from part.result.get("tables", {}).items()
            continue
        for each in part.checkpoint.get("ranges", {}).values():
            yield each["table"], each


def _compared(view: RunView) -> Mapping[str, Mapping[str, Any]]:
    """Of the merged result; while partitions are at work only how many rows they have compared."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for step in _steps(view, VERIFY):
        if step.result is not None:
            return defaultdict(dict, step.result.get("tables", {}))
        for part in _parts(step):
            for name, sums in (part.result or part.checkpoint).get("tables", {}).items():
                found[name]["source_rows"] = found[name].get("source_rows", 0) + sums.get("source_rows", 0)
    return found


def _finished_tables(view: RunView) -> frozenset[str]:
    steps = {step.id: step for step in view.plan.steps}
    return frozenset(
        name
        for step in _steps(view, COPY)
        if step.state is StepState.SUCCEEDED or (view.cleans_up and step.result is not None)
        for name in steps[step.id].parameters["tables"]
    )


def _parts(step: StepView) -> tuple[PartitionView, ...]:
    return step.partitions or (step.own,)


def _steps(view: RunView, action: str) -> Iterator[StepView]:
    named = {step.id for step in view.plan.steps if step.action == action}
    return (step for step in view.steps if step.id in named)


def _result(view: RunView, action: str) -> Mapping[str, Any]:
    return next((step.result for step in _steps(view, action) if step.result is not None), {})


def _refused(tables: Mapping[str, Any]) -> Iterator[RefusedRows]:
    for name, found in tables.items():
        for reason, rows in sorted(found["reasons"].items(), key=lambda pair: (-pair[1], pair[0])):
            yield RefusedRows(name, reason, rows)
