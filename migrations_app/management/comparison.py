"""A comparison of custom tools with their entries in the generic configuration, for the command line."""

from collections.abc import Callable
from typing import Final

from rich.table import Table

from migrations_app.handlers.adapter.equivalence.report import EquivalenceReport, Outcome, ToolReport

DIFFERENT: Final = 4
PARTLY_COMPARED: Final = 5
NO_SANDBOX: Final = 6
_MOST_SHOWN: Final = 400


def status(report: EquivalenceReport) -> int:
    """The exit status that it stands for."""
    outcomes = {one.outcome for one in report.tools}
    return DIFFERENT if Outcome.DIFFERENT in outcomes else PARTLY_COMPARED if Outcome.NOT_COMPARED in outcomes else 0


def table(report: EquivalenceReport, adapter: str) -> Table:
    found = Table(
        *("tool", "outcome", "cases", "branches", "what was seen"),
        title=f"{adapter} and the generic adapter, Python {report.python}, seed {report.seed}",
        title_justify="left",
    )
    for one in report.tools:
        branches = f"{one.branches_reached} of {one.branches}" if one.lines else "not known"
        found.add_row(one.tool, one.outcome, str(one.cases), branches, _seen(one))
    return found


def summary(report: EquivalenceReport) -> str:
    counts = [sum(one.outcome is outcome for one in report.tools) for outcome in Outcome]
    return f"{len(report.tools)} tools: {counts[0]} equivalent, {counts[1]} different, {counts[2]} not compared."


def progress(write: Callable[[str], object]) -> Callable[[str, int, int], None]:
    """A line for each tool that is begun."""

    def told(tool: str, done: int, of: int) -> None:
        if tool:
            write(f"{done + 1} of {of}: {tool}")

    return told


def _seen(tool: ToolReport) -> str:
    difference = tool.difference
    if difference is None:
        return tool.reason[:_MOST_SHOWN]
    sides = (("custom", difference.custom), ("generic", difference.generic))
    lines = [f"with {difference.arguments[:_MOST_SHOWN]}", difference.what[:_MOST_SHOWN]]
    lines += [f"{name}: {one.text[:_MOST_SHOWN]}" for name, one in sides]
    return "\n".join(lines)
