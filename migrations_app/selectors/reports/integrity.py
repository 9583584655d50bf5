"""What proves that nothing was lost: verification steps, every digest that a step told, tables and tools compared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, StepKind
from migrations_app.selectors.reports.model import Check, Digest, Fact, Integrity, TableReport, ToolReport
from migrations_app.selectors.reports.values import facts
from migrations_app.selectors.run_equivalence import comparisons_of
from migrations_app.selectors.run_tables import tables_of

MOST_DIGESTS = 500
_NAMES = re.compile(r"(digest|sha256|checksum|fingerprint)s?$")
_DIGEST = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
_TABLES = ("tables", "differences", "report")  # shown as tables of their own


def integrity_of(view: RunView, target_state: Mapping[str, Any], kind: RunKind) -> Integrity:
    """`target_state` is what was seen when it was planned."""
    kinds = {step.id: step.kind for step in view.plan.steps}
    moved = tables_of(view, target_state, kind)
    compared = comparisons_of(view)
    apart = _TABLES if moved or compared else ()
    return Integrity(
        checks=tuple(
            Check(
                step=step.id,
                title=step.title,
                state=str(step.state),
                found=facts({name: value for name, value in (step.result or {}).items() if name not in apart}),
            )
            for step in view.steps
            if kinds[step.id] in (StepKind.VERIFICATION, StepKind.VALIDATION) and step.result is not None
        ),
        digests=tuple(_digests(view))[:MOST_DIGESTS],
        tables=tuple(
            TableReport(
                source=table.source,
                target=table.target,
                planned_rows=table.rows,
                copied_rows=table.copied,
                refused_rows=table.rejected,
                compared_rows=table.compared,
                equal=table.equal,
                digest=table.digest,
            )
            for table in (moved.tables if moved else ())
        ),
        tools=tuple(
            ToolReport(
                step=comparison.title,
                tool=tool.tool,
                outcome=tool.outcome,
                cases=tool.cases,
                lines_reached=tool.lines_reached,
                lines=tool.lines,
                branches_reached=tool.branches_reached,
                branches=tool.branches,
                reason=tool.reason,
            )
            for comparison in compared
            for tool in comparison.tools
        ),
        differences=tuple(f"{each.table} {each.key}: {each.kind}" for each in (moved.differences if moved else ())),
    )


def _digests(view: RunView) -> Iterator[Digest]:
    for step in view.steps:
        for fact in facts(step.result or {}):
            if is_digest(fact):
                yield from (Digest(f"{step.title}: {fact.name}", part) for part in str(fact.value).split(", "))


def is_digest(fact: Fact) -> bool:
    """By its name or by what it looks like; a list of digests is one fact."""
    if not isinstance(fact.value, str):
        return False
    parts = fact.value.split(", ")
    return all(_DIGEST.fullmatch(part) for part in parts) and (len(parts[0]) == 64 or bool(_NAMES.search(fact.name)))
