"""What a version upgrade finds in the code and does with the pool, as people review it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.selectors.plans import RevisionView
from migrations_app.sources.findings import Weight

_WORDS: Mapping[str, str] = {
    Weight.BREAKS: "Fails there",
    Weight.DIFFERS: "Behaves otherwise there",
    Weight.DEPRECATED: "Works there, and not for long",
    Weight.UNREAD: "Could not be read",
}


@dataclass(frozen=True, slots=True)
class CodeNote:
    place: str
    subject: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class CodeNotes:
    """Findings of one weight; `more` are counted and not shown."""

    weight: str
    title: str
    notes: tuple[CodeNote, ...]
    more: int


@dataclass(frozen=True, slots=True)
class UpgradeView:
    """`waves` are names of workers; `code` is empty where the version meets nothing, `looked_at` whether anybody
    looked."""

    pool: str
    before: str
    after: str
    generation: str
    expected: int
    minimum: int
    waves: tuple[tuple[str, ...], ...]
    looked_at: bool
    project: str
    files: int
    code: tuple[CodeNotes, ...]
    left_out: tuple[tuple[str, str], ...]


def upgrade_of(plan: RevisionView) -> UpgradeView | None:
    """None for a plan that upgrades nothing."""
    if plan.plan.type is not MigrationType.UPGRADE or "waves" not in plan.target_state.get("pool", {}):
        return None
    pool, sources = plan.target_state["pool"], plan.target_state.get("sources", {})
    counts = sources.get("counts", {})
    by_weight = [(weight, [one for one in sources.get("findings", ()) if one["weight"] == weight]) for weight in _WORDS]
    return UpgradeView(
        pool=pool["name"],
        before=pool["before"]["version"] if pool["before"] else "",
        after=pool["release"]["version"],
        generation=pool["release"]["generation"],
        expected=pool["expected"],
        minimum=pool["minimum"],
        waves=tuple(tuple(wave) for wave in pool["waves"]),
        looked_at=bool(sources),
        project=sources.get("name", ""),
        files=sources.get("files", 0),
        code=tuple(_notes(weight, found, counts) for weight, found in by_weight if found),
        left_out=tuple(sources.get("left_out", {}).items()),
    )


def _notes(weight: str, found: list[Mapping[str, Any]], counts: Mapping[str, int]) -> CodeNotes:
    notes = tuple(CodeNote(one["place"], one["subject"], one["message"], one["advice"]) for one in found)
    return CodeNotes(weight, _WORDS[weight], notes, counts.get(weight, len(found)) - len(found))
