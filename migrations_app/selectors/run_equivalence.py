"""What the comparison of both adapters has shown in a run so far, tool by tool."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.run_view import RunView, StepView
from migrations_app.engine.vocabulary import MigrationType

# In the order of the run: of generated cases, of recorded calls just before the switch, of what lies on the disk then.
_STEPS = {"validate": "before anything changes", "samples": "recorded calls, just before the switch", "verify": "after"}


@dataclass(frozen=True, slots=True)
class Side:
    """What one adapter did with the arguments. `kind` is answer, raised or ended."""

    kind: str
    text: str
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstDifference:
    arguments: str
    what: str
    custom: Side
    generic: Side


@dataclass(frozen=True, slots=True)
class ComparedTool:
    """`outcome` is equivalent, different or not_compared. `missed`: places of the custom code that no case reached."""

    tool: str
    outcome: str
    cases: int
    sources: tuple[tuple[str, int], ...]
    lines_reached: int
    lines: int
    branches_reached: int
    branches: int
    missed: tuple[str, ...]
    reason: str
    difference: FirstDifference | None

    @property
    def whole(self) -> bool:
        """Whether every branch of the custom code was reached."""
        return self.branches_reached == self.branches and self.lines_reached == self.lines


@dataclass(frozen=True, slots=True)
class AdapterComparison:
    """One step's. `skipped` is the reason where nothing was compared."""

    title: str
    tools: tuple[ComparedTool, ...]
    skipped: str
    seed: int | None
    digest: str

    @property
    def cases(self) -> int:
        return sum(tool.cases for tool in self.tools)

    @property
    def equivalent(self) -> int:
        return sum(tool.outcome == "equivalent" for tool in self.tools)


def comparisons_of(view: RunView) -> tuple[AdapterComparison, ...]:
    """Empty for a run of another type, and before the first tool was compared. Of a step at work what it has."""
    if view.plan.type is not MigrationType.ADAPTER:
        return ()
    actions = {step.id: step.action for step in view.plan.steps}
    found = (_comparison(_STEPS[actions[step.id]], step) for step in view.steps if actions[step.id] in _STEPS)
    return tuple(one for one in found if one is not None)


def _comparison(title: str, step: StepView) -> AdapterComparison | None:
    result = step.result or {}
    if "report" in result:
        report = result["report"]
        return AdapterComparison(title, tuple(map(_tool, report["tools"])), "", report["seed"], report["digest"])
    if "skipped" in result:
        return AdapterComparison(title, (), result["skipped"], None, "")
    tools = tuple(_at_work(step.own.checkpoint))
    return AdapterComparison(title, tools, "", None, "") if tools else None


def _at_work(checkpoint: Mapping[str, Any]) -> Iterator[ComparedTool]:
    for report in checkpoint.get("reports", {}).values():
        yield from map(_tool, report["tools"])


def _tool(each: Mapping[str, Any]) -> ComparedTool:
    difference = each["difference"]
    return ComparedTool(
        tool=each["tool"],
        outcome=each["outcome"],
        cases=each["cases"],
        sources=tuple((name, count) for name, count in each["sources"].items() if count),
        lines_reached=each["lines_reached"],
        lines=each["lines"],
        branches_reached=each["branches_reached"],
        branches=each["branches"],
        missed=tuple(_place(one) for one in each["missed"]),
        reason=each["reason"],
        difference=_difference(difference) if difference else None,
    )


def _place(lines: Mapping[str, Any]) -> str:
    first, last = lines["first"], lines["last"]
    return f"{lines['path']}:{first}" if first == last else f"{lines['path']}:{first}-{last}"


def _difference(each: Mapping[str, Any]) -> FirstDifference:
    return FirstDifference(each["arguments"], each["what"], _side(each["custom"]), _side(each["generic"]))


def _side(each: Mapping[str, Any]) -> Side:
    return Side(each["kind"], each["text"], tuple(each["effects"]))
