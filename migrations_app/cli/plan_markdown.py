"""A plan as a comment on a pull request, or why there is none. Names come from people: nothing of them is markup there,
and nobody is mentioned by them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.cli.exits import ProblemLine
from migrations_app.cli.plan_text import points, rests_on, signatures
from migrations_app.cli.words import duration, line

MOST_ROWS = 60  # of a table; a comment on GitHub holds 65,536 characters
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:])")
_MARKS = {"low": "🟢", "medium": "🟡", "high": "🔴"}


def summary(heading: str, plan: Mapping[str, Any], *, url: str = "") -> str:
    """`url` is the page of the migration, '' where there is none."""
    risk = plan["risk_assessment"]
    parts = [
        f"### {quoted(heading)}",
        f"{_MARKS.get(risk['level'], '')} **Risk: {quoted(risk['level'])}** ({risk['score']} of 100) · "
        f"{len(plan['steps'])} steps, about {duration(plan['estimated_duration'] // 1000)} · "
        f"{quoted(signatures(plan))}",
        f"The estimate: {quoted(rests_on(plan))}.",
    ]
    if url:
        parts.append(f"[Migration]({url})")
    parts.append(
        _table(("", "step", "kind", "undone by", "takes"), [_step(n, s) for n, s in enumerate(plan["steps"], 1)])
    )
    if findings := risk["findings"]:
        rows = [(points(f), f"{f['title']}: {f['evidence']}", f["why"], f["how_to_lower"]) for f in findings]
        parts.append("**What makes the risk**\n\n" + _table(("points", "finding", "why", "how to lower it"), rows))
    if plan["warnings"]:
        parts.append("**Warnings**\n\n" + "\n".join(f"- {quoted(warning)}" for warning in plan["warnings"]))
    parts.append(f"Plan digest `{line(plan['digest'])}`: it is what approvers sign.")
    return "\n\n".join(parts) + "\n"


def refusal(heading: str, said: str, problems: Sequence[ProblemLine]) -> str:
    """Why a document cannot be planned."""
    parts = [f"### {quoted(heading)}", f"❌ **There is no plan.** {quoted(said)}"]
    if problems:
        rows = [(problem.field, problem.message, problem.fix) for problem in problems]
        parts.append(_table(("field", "problem", "what to do"), rows))
    return "\n\n".join(parts) + "\n"


def quoted(text: str) -> str:
    """The same text, as Markdown shows it."""
    shown = _SPECIAL.sub(r"\\\1", line(text).replace("&", "&amp;").replace("<", "&lt;"))
    return shown.replace("@", "&#64;")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(quoted(cell) for cell in row)} |" for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f"\n… and {len(rows) - MOST_ROWS} more")
    return "\n".join(lines)


def _step(number: int, step: Mapping[str, Any]) -> tuple[str, ...]:
    undone = step["rollback_action"] or "cannot be undone"
    return str(number), step["title"], step["type"], undone, duration(step["estimated_duration"] // 1000)
