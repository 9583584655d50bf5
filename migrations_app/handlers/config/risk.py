"""What makes rewriting a configuration riskier or safer, beyond the engine's general rules. One function a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.config.parameters import KEEP

MOST_NAMED = 5


def by_hand(case: RiskCase) -> Sequence[Finding]:
    found = _hunks(case, "manual")
    if not found:
        return ()
    return (
        Finding(
            "config.by_hand",
            "Changes that a person must make",
            f"{len(found)}: {_keys(found)}",
            min(40, 15 + 5 * len(found)),
            "Until they are made the new version does something else there, or does not start.",
            "Make them in the files first, then plan again.",
        ),
    )


def behaves_differently(case: RiskCase) -> Sequence[Finding]:
    found = _hunks(case, "warn")
    if not found:
        return ()
    return (
        Finding(
            "config.behaves_differently",
            "The new version behaves differently",
            f"{len(found)}: {_keys(found)}",
            min(20, 4 * len(found)),
            "The files stay as they are there, and what they bring about does not.",
            "Read each of them under Changes, and go to the new version in steps.",
        ),
    )


def result_has_problems(case: RiskCase) -> Sequence[Finding]:
    problems = case.analysis.target_state.get("problems", ())
    found = [one for one in problems if one["severity"] in ("error", "warning")]
    if not found:
        return ()
    errors = sum(one["severity"] == "error" for one in found)
    return (
        Finding(
            "config.result_has_problems",
            "The result has problems",
            f"{errors} that keep it from starting, {len(found) - errors} that have no effect: {_keys(found)}",
            min(40, 20 * errors + 3 * (len(found) - errors)),
            "A setting that does nothing misleads whoever reads it; one that is wrong stops the start.",
            "Correct what is named under Changes.",
        ),
    )


def decided_at_run_time(case: RiskCase) -> Sequence[Finding]:
    keys = case.analysis.source_state.get("at_run_time", ())
    if not keys:
        return ()
    return (
        Finding(
            "config.decided_at_run_time",
            "Values that only the running system knows",
            ", ".join(keys[:MOST_NAMED]),
            min(10, 2 * len(keys)),
            "They are moved as they are written; whether what they give is right for the new version is not seen here.",
            "Try them in an earlier environment with the same variables.",
        ),
    )


def edits_are_kept(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["local_edits"] != KEEP:
        return ()
    return (
        Finding(
            "config.edits_are_kept",
            "Edits by others are let through",
            "local_edits is keep",
            8,
            "Somebody may change lines elsewhere in the files after they were signed, and nobody signs those.",
            "Leave local_edits at stop; then the exact bytes are signed.",
        ),
    )


def other_files(case: RiskCase) -> Sequence[Finding]:
    files = case.analysis.source_state.get("files", ())
    if len(files) < 2:
        return ()
    return (
        Finding(
            "config.several_files",
            "Several files change together",
            ", ".join(files[:MOST_NAMED]),
            3,
            "A service that starts in the moment of the write could read old and new ones together.",
            "Start services again only after the run.",
        ),
    )


def no_way_back_by_rules(case: RiskCase) -> Sequence[Finding]:
    if case.analysis.target_state.get("reversible", True):
        return ()
    return (
        Finding(
            "config.no_way_back_by_rules",
            "Only the snapshot leads back",
            f"from Snakepit {case.analysis.source_state.get('version', '')}",
            4,
            "Once somebody edits the new files, no rule makes the old ones of them.",
            "Roll back soon, or not at all.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    by_hand,
    behaves_differently,
    result_has_problems,
    decided_at_run_time,
    edits_are_kept,
    other_files,
    no_way_back_by_rules,
)


def _hunks(case: RiskCase, manner: str) -> list[Mapping[str, Any]]:
    return [hunk for hunk in case.analysis.target_state.get("hunks", ()) if hunk["manner"] == manner]


def _keys(found: Sequence[Mapping[str, Any]]) -> str:
    keys = list(dict.fromkeys(str(one["key"]) for one in found))
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return ", ".join(keys[:MOST_NAMED]) + more
