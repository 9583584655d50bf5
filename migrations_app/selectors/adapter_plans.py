"""What a plan makes of a custom adapter, as people review it: tool by tool, and the calls that change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.config.side_by_side import Comparison, Section
from migrations_app.selectors.plans import RevisionView


@dataclass(frozen=True, slots=True)
class AdapterReason:
    """Why a tool or a place is left to a person. `place` is file and lines."""

    message: str
    advice: str
    place: str


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """`body` says what the tool's code is; `confidence` is high, medium or none. `entry`: what will serve it."""

    name: str
    new_name: str
    place: str
    description: str
    verdict: str
    body: str
    confidence: str
    served: bool
    edited: bool
    evidence: tuple[str, ...]
    reasons: tuple[AdapterReason, ...]
    entry: Mapping[str, Any] | None

    @property
    def automatic(self) -> bool:
        """Whether an entry was found for it."""
        return self.verdict == "automatic"

    @property
    def fate(self) -> str:
        """served, edited, kept (by the custom adapter) or open (nobody has decided)."""
        if self.served:
            return "edited" if self.edited else "served"
        return "kept"


@dataclass(frozen=True, slots=True)
class CallSites:
    """A file whose calls are rewritten. `sites` are file and line."""

    path: str
    sites: tuple[str, ...]
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class AdapterPlan:
    """`serves_as` is the dotted path that workers start with then. `refused`: places that a person has to change.

    `made` and `removed` are files. `left_out` files were not read. `sections` show the changed lines, `not_shown` how
    many more there are.
    """

    adapter: str
    serves_as: str
    configuration_path: str
    joined: bool
    files: int
    code_lines: int
    others: tuple[str, ...]
    tools: tuple[ToolPlan, ...]
    findings: tuple[AdapterReason, ...]
    rewrites: tuple[CallSites, ...]
    refused: tuple[AdapterReason, ...]
    made: tuple[str, ...]
    removed: tuple[str, ...]
    sections: tuple[Section, ...]
    not_shown: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def served(self) -> int:
        return sum(tool.served for tool in self.tools)

    @property
    def sites(self) -> int:
        return sum(len(each.sites) for each in self.rewrites)


def adapter_plan_of(plan: RevisionView) -> AdapterPlan | None:
    """None for a plan of another type."""
    state = plan.target_state.get("adapter")
    if plan.plan.type is not MigrationType.ADAPTER or not state or "tools" not in state:
        return None
    comparison = Comparison.from_dict(state["comparison"])
    analysis = state["analysis"]
    return AdapterPlan(
        adapter=state["adapter"],
        serves_as=state["serves_as"],
        configuration_path=state["configuration_path"],
        joined=state["joined"],
        files=analysis["files"],
        code_lines=analysis["code_lines"],
        others=tuple(one["name"] for one in analysis["adapters"] if one["name"] != state["adapter"]),
        tools=tuple(map(_tool, state["tools"])),
        findings=tuple(map(_reason, analysis["findings"])),
        rewrites=tuple(
            CallSites(one["path"], tuple(one["sites"]), one["added"], one["removed"]) for one in state["rewrites"]
        ),
        refused=tuple(map(_reason, state["refused"])),
        made=tuple(state["made"]),
        removed=tuple(state["removed"]),
        sections=tuple(comparison.sections),
        not_shown=comparison.left_out,
        left_out=tuple(state["left_out"].items()),
    )


def _tool(each: Mapping[str, Any]) -> ToolPlan:
    return ToolPlan(
        name=each["name"],
        new_name=each["new_name"],
        place=each["place"],
        description=each["description"],
        verdict=each["verdict"],
        body=each["body"],
        confidence=each["confidence"],
        served=each["served"],
        edited=each["edited"],
        evidence=tuple(each["evidence"]),
        reasons=tuple(map(_reason, each["reasons"])),
        entry=each.get("entry"),
    )


def _reason(each: Mapping[str, Any]) -> AdapterReason:
    return AdapterReason(each["message"], each.get("guidance") or each.get("advice", ""), each["place"])
