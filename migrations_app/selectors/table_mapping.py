"""What a data migration makes of each table, and what was found about it, as people review it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.vocabulary import MigrationType
from migrations_app.selectors.plans import RevisionView


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """`source` is '' for a column that only transforms make. `plain`: same name, and nothing is done to it."""

    target: str
    source: str
    type: str
    transforms: tuple[str, ...]

    @property
    def plain(self) -> bool:
        return self.source == self.target and not self.transforms


@dataclass(frozen=True, slots=True)
class Note:
    """`where` is table and column. `severity`: error, warning, or trap for rows that will be refused."""

    severity: str
    where: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class MappedTable:
    """`rows` and `bytes` are estimates. `held_rows`: what the target holds there now, and loses."""

    source: str
    target: str
    key: tuple[str, ...]
    columns: tuple[MappedColumn, ...]
    where: tuple[str, ...]
    rows: int
    bytes: int
    missing: bool
    held_rows: int
    left_out: tuple[str, ...]
    unfilled: tuple[str, ...]

    @property
    def changed(self) -> tuple[MappedColumn, ...]:
        return tuple(column for column in self.columns if not column.plain)


@dataclass(frozen=True, slots=True)
class TableMapping:
    tables: tuple[MappedTable, ...]
    notes: tuple[Note, ...]
    cycles: tuple[tuple[str, ...], ...]
    rows: int
    bytes: int


def mapping_of(plan: RevisionView) -> TableMapping | None:
    """None for a plan that moves no tables."""
    data = plan.target_state.get("data")
    if plan.plan.type is not MigrationType.DATA or not data:
        return None
    tables = tuple(_table(each) for each in data["tables"])
    return TableMapping(
        tables=tables,
        notes=(*_notes(data["traps"], "trap"), *_notes(data["incompatible"], "warning")),
        cycles=tuple(tuple(cycle) for cycle in data["cycles"]),
        rows=sum(each.rows for each in tables),
        bytes=sum(each.bytes for each in tables),
    )


def _table(each: Mapping[str, Any]) -> MappedTable:
    columns = tuple(
        MappedColumn(one["target"], one["source"] or "", one["type"], tuple(one["transforms"]))
        for one in each["columns"]
    )
    return MappedTable(
        source=each["source"],
        target=each["target"],
        key=tuple(each["key"]),
        columns=columns,
        where=tuple(each["where"]),
        rows=each["rows"],
        bytes=each["bytes"],
        missing=each["missing"],
        held_rows=each["held_rows"],
        left_out=tuple(each["left_out"]),
        unfilled=tuple(each["unfilled"]),
    )


def _notes(found: Sequence[Mapping[str, Any]], severity: str) -> list[Note]:
    return [
        Note(
            each.get("severity", severity),
            ".".join(filter(None, (each["table"], each["column"]))),
            each["message"],
            each["fix"],
        )
        for each in found
    ]
