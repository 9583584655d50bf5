"""What a plan makes of a configuration, as people review it: lines beside lines, each change with rule and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers.config.side_by_side import Comparison, Row
from migrations_app.selectors.plans import RevisionView

_REWRITE = (MigrationType.CONFIG, MigrationType.UPGRADE)


@dataclass(frozen=True, slots=True)
class Note:
    """One hunk. `place` is file and line before, '' for what an earlier rule wrote."""

    rule: str
    version: str
    manner: str
    reason: str
    key: str
    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NotedSection:
    file: str
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ProblemNote:
    severity: str
    key: str
    message: str
    suggestion: str
    place: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """`by_hand` is a checklist; `differently` are places that stay as they are and mean something else; `elsewhere`
    are automatic changes that no section shows. `left_out`: changed rows that are not shown."""

    origin: str
    to: str
    restores: str
    files: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    by_hand: tuple[Note, ...]
    differently: tuple[Note, ...]
    problems: tuple[ProblemNote, ...]
    sections: tuple[NotedSection, ...]
    elsewhere: tuple[Note, ...]
    left_out: int
    at_run_time: tuple[str, ...]


def rewrite_of(plan: RevisionView) -> Rewrite | None:
    """None for a plan that rewrites no configuration."""
    if plan.plan.type not in _REWRITE or "comparison" not in plan.target_state:
        return None
    source, state = plan.source_state, plan.target_state
    notes = tuple(_note(hunk) for hunk in state["hunks"])
    comparison = Comparison.from_dict(state["comparison"])
    shown = {number for section in comparison.sections for number in section.notes}
    return Rewrite(
        origin=str(source.get("version", "")),
        to=str(state["version"]),
        restores=str(state["restores"]),
        files=tuple(source["files"]),
        evidence=tuple((one["says"], one["place"]) for one in source["evidence"]),
        by_hand=tuple(note for note in notes if note.manner == "manual"),
        differently=tuple(note for note in notes if note.manner == "warn"),
        problems=tuple(_problem(each) for each in state["problems"]),
        sections=tuple(
            NotedSection(section.file, section.rows, tuple(notes[number] for number in section.notes))
            for section in comparison.sections
        ),
        elsewhere=tuple(n for number, n in enumerate(notes) if n.manner == "automatic" and number not in shown),
        left_out=comparison.left_out,
        at_run_time=tuple(source["at_run_time"]),
    )


def _note(hunk: Mapping[str, Any]) -> Note:
    place = f"{hunk['file']}:{hunk['line']}" if hunk["line"] else ""
    return Note(
        hunk["rule"], hunk["version"], hunk["manner"], hunk["reason"], hunk["key"], place, hunk["before"], hunk["after"]
    )


def _problem(each: Mapping[str, Any]) -> ProblemNote:
    return ProblemNote(each["severity"], each["key"], each["message"], each["suggestion"], each["place"])
