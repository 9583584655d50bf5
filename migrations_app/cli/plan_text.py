"""A plan at a terminal: what it does, how it is undone, what it risks, and whose signatures it needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.cli.terminal import Out
from migrations_app.cli.words import duration, plain

_COLOURS = {"low": "green", "medium": "yellow", "high": "red"}


def show(out: Out, heading: str, plan: Mapping[str, Any]) -> None:
    """`plan` is the API's Plan. Nothing of it is left out."""
    risk = plan["risk_assessment"]
    colour = _COLOURS.get(risk["level"], "")
    out.say(f"[bold]{plain(heading)}[/bold]")
    out.say(f"risk    [{colour}]{plain(risk['level'])}[/{colour}] ({risk['score']} of 100)" if colour else "risk")
    out.say(f"takes   {duration(plan['estimated_duration'] // 1000)}, {plain(rests_on(plan))}")
    out.say(f"needs   {plain(signatures(plan))}")
    out.say(f"digest  {plain(plan['digest'])}\n")
    out.table(
        ("step", "kind", "what", "undone by", "takes"),
        [
            (number, step["type"], step["title"], step["rollback_action"] or "cannot be undone", _takes(step))
            for number, step in enumerate(plan["steps"], 1)
        ],
        title="Steps",
    )
    if findings := risk["findings"]:
        out.say("")
        out.table(("points", "finding", "how to lower it"), [_finding(each) for each in findings], title="Risk")
    for warning in plan["warnings"]:
        out.say(f"[yellow]![/yellow] {plain(warning)}")


def signatures(plan: Mapping[str, Any]) -> str:
    """“2 × approver, 1 × group dba”."""
    asked: Sequence[Mapping[str, Any]] = plan["signature_requirements"]
    slots = [f"{each['count']} × {each['role'] if 'role' in each else 'group ' + str(each['group'])}" for each in asked]
    return f"signatures: {', '.join(slots)}" if slots else "no signature"


def rests_on(plan: Mapping[str, Any]) -> str:
    """What its estimate is learned from and how far off that was; a plan from before that was kept does not say."""
    estimate = plan.get("estimate")
    return str(estimate["said"]) if estimate else "as far as is known"


def points(finding: Mapping[str, Any]) -> str:
    return "waived" if finding.get("waived") else f"{finding['weight']:+d}"


def _finding(finding: Mapping[str, Any]) -> tuple[str, str, str]:
    return points(finding), f"{finding['title']}: {finding['evidence']}", finding["how_to_lower"]


def _takes(step: Mapping[str, Any]) -> str:
    return duration(step["estimated_duration"] // 1000)
