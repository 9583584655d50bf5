"""Custom and generic side by side: the report of an adapter's tools."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from migrations_app.handlers.adapter.equivalence.cases import cases_of
from migrations_app.handlers.adapter.equivalence.report import EquivalenceReport, Outcome, Tolerance, ToolReport
from migrations_app.handlers.adapter.equivalence.running import Grounds
from migrations_app.handlers.adapter.equivalence.showing import readable
from migrations_app.handlers.adapter.equivalence.sides import inside_of, sides_of
from migrations_app.handlers.adapter.equivalence.verdict import Trial
from migrations_app.handlers.adapter.facts import Adapter, Analysis, Tool
from migrations_app.handlers.adapter.generic.configuration import parse
from migrations_app.sandbox import SandboxMissing, why_not

FORMAT: Final = 1  # of what a report means; a new one for every change of it
Progress = Callable[[str, int, int], None]


def nothing(_tool: str, _done: int, _all: int) -> None:
    """No progress is shown."""


def compare(
    root: Path,
    analysis: Analysis,
    configuration: Mapping[str, Any],
    *,
    adapter: str,
    tools: Sequence[str] | None = None,
    recorded: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    renamed: Mapping[str, str] | None = None,
    seed: int = 0,
    cases: int = 200,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - it is frozen
    python: Path | None = None,
    progress: Progress = nothing,
) -> EquivalenceReport:
    """Of the tools asked for, or of all that the configuration serves, by their names in the adapter.

    `renamed` maps these to their names in the configuration, `recorded` to arguments. `python` is the interpreter of
    the project's own environment. Raises SandboxMissing, and then nothing of the project was run; LookupError for an
    adapter or tool that the analysis has not; ConfigurationRefused.
    """
    parse(dict(configuration))
    if why := why_not():
        raise SandboxMissing(f"{SandboxMissing().message} {why}")
    chosen = _adapter(analysis, adapter)
    renames, given = renamed or {}, recorded or {}
    entries = {entry["name"]: entry for entry in configuration["tools"]}
    asked = _tools(chosen, tools, entries, renames)
    reports: list[ToolReport] = []
    version = ""
    with readable(root) as shown:
        grounds = Grounds(
            shown, inside_of(root), python, json.dumps(configuration), _libraries(analysis, configuration), seed
        )
        sides = sides_of(grounds, chosen)
        for number, tool in enumerate(asked):
            progress(tool.name, number, len(asked))
            name = renames.get(tool.name, tool.name)
            if name not in entries:
                reason = configuration.get("refused", {}).get(name, "the configuration does not have it")
                reports.append(ToolReport(tool.name, Outcome.NOT_COMPARED, reason=f"It is not served: {reason}"))
                continue
            found = cases_of(root, tool, entries[name], given.get(tool.name, ()), seed=seed, count=cases)
            trial = Trial(sides, tool, name, found, tolerance)
            reports.append(trial.report())
            version = version or trial.python
    progress("", len(asked), len(asked))
    said = [FORMAT, analysis.digest, configuration, adapter, [one.name for one in asked], given, renames]
    digest = hashlib.sha256(json.dumps([*said, seed, cases, asdict(tolerance)], sort_keys=True).encode()).hexdigest()
    return EquivalenceReport(digest, seed, version, tuple(reports))


def _adapter(analysis: Analysis, name: str) -> Adapter:
    for one in analysis.adapters:
        if one.name == name:
            return one
    raise LookupError(name)


def _tools(
    adapter: Adapter, names: Sequence[str] | None, entries: Mapping[str, Any], renames: Mapping[str, str]
) -> list[Tool]:
    known = {one.name: one for one in reversed(adapter.tools)}
    if names is None:
        return [one for name, one in sorted(known.items()) if renames.get(name, name) in entries]
    if unknown := [name for name in names if name not in known]:
        raise LookupError(", ".join(unknown))
    return [known[name] for name in dict.fromkeys(names)]


def _libraries(analysis: Analysis, configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """What both sides import before the first call, so that an import is nobody's effect."""
    allowed = configuration.get("allow", {}).get("functions", ())
    return tuple(sorted({one.module for one in analysis.distributions} | set(allowed)))
