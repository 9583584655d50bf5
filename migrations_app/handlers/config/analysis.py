"""A look at the files, read-only: what they are, what would become of them, and what speaks against it."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from migrations_app.configuration.detection import detect
from migrations_app.configuration.document import Configuration
from migrations_app.configuration.hunk import Hunk, Manner
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Expression
from migrations_app.engine.errors import MigrationError, Problem, ValidationFailed
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.config import binding
from migrations_app.handlers.config.hiding import shown
from migrations_app.handlers.config.outcome import Outcome, contents_of, open_configuration, outcome_of
from migrations_app.handlers.config.parameters import TARGET
from migrations_app.handlers.config.side_by_side import Comparison, Section, compare
from migrations_app.handlers.config.target import place_of

MOST_HUNKS = 500
MOST_PROBLEMS = 200


def analyse(spec: Spec) -> Analysis:
    """`source_state`: the files as they are. `target_state`: what they would become, `refused` or `error`."""
    target = spec.targets[TARGET]
    try:
        configuration = open_configuration(target)
    except MigrationError as error:
        return _unread(target.name, error)
    contents = contents_of(configuration)
    source = {"name": target.name, **describe(configuration)}
    sizes = {"files": len(contents), "bytes": sum(map(len, contents.values()))}
    try:
        outcome = outcome_of(target, contents, spec.parameters, spec.artifacts)
    except ValidationFailed as error:
        refused = {"name": target.name, "refused": [_as_json(problem) for problem in error.problems or _one(error)]}
        return Analysis(source, refused, {}, sizes)
    except MigrationError as error:
        return _unread(target.name, error)
    local_edits = str(spec.parameters["local_edits"])
    state = {
        "name": target.name,
        "free_bytes": shutil.disk_usage(place_of(target.config).path.parent).free,
        "binds": binding.bound(outcome, local_edits),
        **_describe_outcome(outcome),
    }
    source["version"] = outcome.origin
    fingerprints = {TARGET: binding.fingerprint_of(outcome, local_edits)}
    return Analysis(source, state, fingerprints, sizes, tuple(_warnings(outcome)))


def describe(configuration: Configuration) -> dict[str, Any]:
    """What the files say about themselves, JSON-ready."""
    found = detect(configuration)
    at_run_time = dict.fromkeys(
        setting.key for setting in configuration.settings if isinstance(setting.value, Expression)
    )
    return {
        "files": sorted(configuration.files),
        "settings": len(configuration.settings),
        "fits": [str(version) for version in found.possible],
        "detected": found.summary,
        "evidence": [
            {"key": one.key, "says": one.says, "place": f"{one.span.file}:{one.span.line}"} for one in found.evidence
        ],
        "unread": [problem_row(problem) for problem in configuration.problems[:MOST_PROBLEMS]],
        "at_run_time": list(at_run_time),
    }


def problem_row(problem: ConfigProblem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "key": problem.key,
        "message": problem.message,
        "suggestion": problem.suggestion,
        "place": f"{problem.span.file}:{problem.span.line}" if problem.span else "",
    }


def _describe_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "version": outcome.to,
        "restores": outcome.restores,
        "reversible": outcome.reversible,
        "changes": outcome.changes,
        "hunks": [_hunk(hunk) for hunk in outcome.hunks[:MOST_HUNKS]],
        "problems": [problem_row(problem) for problem in outcome.problems[:MOST_PROBLEMS]],
        "comparison": _noted(compare(outcome.before, outcome.after), outcome.hunks[:MOST_HUNKS]).as_dict(),
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {
        "rule": hunk.rule,
        "version": hunk.version,
        "manner": str(hunk.manner),
        "reason": hunk.reason,
        "key": hunk.key,
        "file": hunk.file,
        "line": hunk.span.line if hunk.span else 0,
        "before": "\n".join(map(shown, hunk.before.splitlines())),
        "after": "\n".join(map(shown, hunk.after.splitlines())),
    }


def _noted(comparison: Comparison, hunks: Sequence[Hunk]) -> Comparison:
    """Each section with the numbers of the hunks that changed something in it."""

    def belongs(hunk: Hunk, section: Section) -> bool:
        if hunk.file != section.file or hunk.manner is not Manner.AUTOMATIC:
            return False
        if hunk.span is not None:
            lines = hunk.before.count("\n") + 1
            place = range(hunk.span.line, hunk.span.line + lines)
            return any(line in section.old_lines for line in place)
        written = {line.strip() for line in hunk.after.splitlines() if line.strip()}
        return any(row.new.strip() in written for row in section.rows if row.kind != "same")

    sections = (
        replace(section, notes=tuple(n for n, hunk in enumerate(hunks) if belongs(hunk, section)))
        for section in comparison.sections
    )
    return replace(comparison, sections=tuple(sections))


def _warnings(outcome: Outcome) -> Iterator[str]:
    """What people read first: what they have to do by hand, then what behaves differently, then what is wrong."""
    manual = [hunk for hunk in outcome.hunks if hunk.manner is Manner.MANUAL]
    if manual:
        keys = ", ".join(dict.fromkeys(hunk.key for hunk in manual))
        yield f"To be made by hand, because no rule rewrites it ({len(manual)}): {keys}."
    for hunk in outcome.hunks:
        if hunk.manner is Manner.WARN:
            yield f"{hunk.key}: {hunk.reason}"
    if outcome.restores:
        yield f"The bytes of snapshot {outcome.restores[:12]} are written; what was changed since goes."


def _unread(name: str, error: MigrationError) -> Analysis:
    state = {"name": name, "error": {"code": error.code, "message": error.message}}
    return Analysis({"name": name}, state, {})


def _one(error: MigrationError) -> tuple[Problem, ...]:
    return (Problem(f"targets.{TARGET}", error.message, " ".join(error.recovery_actions), error.code),)


def _as_json(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "message": problem.message, "fix": problem.fix, "code": problem.code}
