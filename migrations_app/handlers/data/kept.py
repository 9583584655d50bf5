"""What a run goes by, kept as an artifact by its first step: the selections, the ranges, and how much there is.

Ranges are decided once: were each partition to decide them for itself, a source that changes would have gaps.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import content_digest
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.data import documents
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.stores.tables.scratch import renamed
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Selection


@dataclass(frozen=True, slots=True)
class Kept:
    """`selections` in foreign-key order; `ranges` and `rows` (an estimate) by the target's table.

    `apart`: tables whose ranges follow the bytes of their keys, because the two databases order them otherwise.
    """

    selections: tuple[Selection, ...]
    ranges: Mapping[str, tuple[KeyRange, ...]]
    rows: Mapping[str, int]
    apart: frozenset[str] = frozenset()
    planned: Mapping[str, str] = field(default_factory=dict)

    def called(self, table: str) -> str:
        """What the plan calls a table of this run: another name only in a rehearsal."""
        return self.planned.get(table, table)

    def of(self, tables: Sequence[str]) -> tuple[Selection, ...]:
        return tuple(each for each in self.selections if each.target in tables)


@dataclass(frozen=True, slots=True)
class Share:
    """One range of one table. `number` is its place among the table's ranges."""

    selection: Selection
    number: int
    within: KeyRange


def folder(run_id: int) -> str:
    """Goes with the backups of the run, when their retention ends."""
    return f"backups/run-{run_id}/"


def table_scope(run_id: int, step_id: str, table: str, number: int | None = None) -> str:
    """Of the marks of one table's ranges, or of one range of it."""
    return f"{run_scope(run_id)}:{step_id}:{table}:" + ("" if number is None else str(number))


def save(ctx: ActionContext, kept: Kept) -> None:
    document = {
        "selections": [documents.to_document(each) for each in kept.selections],
        "ranges": {name: [documents.range_to_document(one) for one in ranges] for name, ranges in kept.ranges.items()},
        "rows": dict(kept.rows),
        "apart": sorted(kept.apart),
    }
    with ctx.artifacts.create(_key(ctx)) as stream:
        stream.write(json.dumps(document).encode())


def load(ctx: ActionContext) -> Kept:
    """As it is for this run's targets: in a rehearsal the tables are those of its own namespace.

    Raises DataCorruption when it is not what the plan was signed for.
    """
    with ctx.artifacts.open(_key(ctx)) as stream:
        saved = json.loads(stream.read())
    selections = tuple(documents.from_document(each) for each in saved["selections"])
    if content_digest(saved["selections"]) != ctx.step.parameters["binds"]:
        raise DataCorruption("What the run keeps of its plan is not what was signed; nothing more was written.")
    names = {each.target: in_scratch(ctx, each.target) for each in selections}
    return Kept(
        for_this_run(ctx, selections),
        {
            names[table]: tuple(documents.range_from_document(one) for one in ranges)
            for table, ranges in saved["ranges"].items()
        },
        {names[table]: rows for table, rows in saved["rows"].items()},
        frozenset(names[table] for table in saved["apart"]),
        {own: table for table, own in names.items() if own != table},
    )


def for_this_run(ctx: ActionContext, selections: Sequence[Selection]) -> tuple[Selection, ...]:
    """With the target's tables as they are called where this run writes."""
    return tuple(replace(each, target=in_scratch(ctx, each.target)) for each in selections)


def planned_tables(ctx: ActionContext) -> tuple[str, ...]:
    """The tables of this step, as they are called where this run writes."""
    return tuple(in_scratch(ctx, name) for name in ctx.step.parameters["tables"])


def in_scratch(ctx: ActionContext, table: str) -> str:
    return renamed(table, ctx.targets[TARGET].config) if ctx.originals else table


def shares(
    ctx: ActionContext, kept: Kept, selections: Sequence[Selection], *, apart: Collection[str] = frozenset()
) -> list[Share]:
    """Those of this partition. `apart`: tables that can only be compared as a whole, by the bytes of their keys."""
    every = [share for selection in selections for share in _shares(kept, selection, apart)]
    return [share for place, share in enumerate(every) if place % ctx.partitions == ctx.partition]


def _shares(kept: Kept, selection: Selection, apart: Collection[str]) -> Iterator[Share]:
    by_bytes = selection.target in kept.apart
    if selection.target in apart and not by_bytes:
        yield Share(replace(selection, bytewise=True), 0, EVERYTHING)
        return
    for number, within in enumerate(kept.ranges[selection.target]):
        yield Share(replace(selection, bytewise=by_bytes), number, within)


def _key(ctx: ActionContext) -> str:
    return f"{folder(ctx.effect_run_id)}tables.json"
