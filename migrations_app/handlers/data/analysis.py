"""A look at both databases, read-only: what is there, what becomes of it, and what stands in the way.

A database that does not answer is a finding of the look, not its end: the author hears of both sides at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from migrations_app.engine.errors import MigrationError, Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import ValidationLevel
from migrations_app.handlers.data import documents
from migrations_app.handlers.data.backups import whole
from migrations_app.handlers.data.live.looking import look_live
from migrations_app.handlers.data.looking import holds_rows
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import reading
from migrations_app.stores.tables import compatibility, mapping, ordering, traps
from migrations_app.stores.tables.base import Database, DatabaseProbe
from migrations_app.stores.tables.identity import fingerprint
from migrations_app.stores.tables.schema import Catalogue, Table
from migrations_app.stores.tables.selection import Selection

ROLES = (SOURCE, TARGET)


@dataclass(frozen=True, slots=True)
class Seen:
    database: Database
    probe: DatabaseProbe
    catalogue: Catalogue


def analyse(spec: Spec) -> Analysis:
    """States and fingerprints by role; `target_state["data"]`: what is moved, and everything found about it."""
    with ExitStack() as stack:
        seen: dict[str, Seen] = {}
        states: dict[str, dict[str, Any]] = {}
        for role in ROLES:
            target = spec.targets[role]
            try:
                seen[role] = look(stack.enter_context(reading(target)))
            except MigrationError as error:
                states[role] = {"name": target.name, "error": {"code": error.code, "message": error.message}}
            else:
                states[role] = _state(target, seen[role])
        if len(seen) == len(ROLES):
            data = _data(spec, seen[SOURCE], seen[TARGET])
            states[TARGET] |= {"data": data, "nothing_to_back_up": not any(t["holds_rows"] for t in data["tables"])}
    tables = states[TARGET].get("data", {}).get("tables", ())
    return Analysis(
        source_state=states[SOURCE],
        target_state=states[TARGET],
        fingerprints={role: fingerprint(one.probe, one.catalogue) for role, one in seen.items()},
        sizes={"tables": len(tables), "rows": _sum(tables, "rows"), "bytes": _sum(tables, "bytes")},
        warnings=tuple(f"“{state['name']}”: {said}" for state in states.values() for said in state.get("problems", ())),
    )


def look(database: Database) -> Seen:
    return Seen(database, database.probe(), database.catalogue())


def wanted(
    parameters: Mapping[str, Any], source: Catalogue, target: Catalogue
) -> tuple[tuple[Selection, ...], list[Problem]]:
    """Selections and problems, as they are now. The selections are in foreign-key order."""
    selections, problems = mapping.selections(source, target, parameters, engine=target.details["engine"])
    levels = levels_of(source, target, selections)
    return tuple(sorted(selections, key=lambda each: (levels[each.target], each.target))), problems


def levels_of(source: Catalogue, target: Catalogue, selections: Sequence[Selection]) -> Mapping[str, int]:
    """By the target's table: 0 depends on no other. A missing one goes by the foreign keys that it will get."""
    there = [each.target for each in selections if each.target in target.tables]
    missing = {each.source: each.target for each in selections if each.target not in target.tables}
    found = ordering.levels(source, list(missing))
    return {**ordering.levels(target, there), **{missing[name]: level for name, level in found.items()}}


def _state(target: Target, seen: Seen) -> dict[str, Any]:
    probe = seen.probe
    state = {
        "name": target.name,
        "kind": probe.kind,
        "version": probe.version,
        "identity": probe.identity,
        "latency_us": round(probe.latency_ms * 1000),
        "encoding": probe.encoding,
        "time_zone": probe.time_zone,
        "writable": probe.writable,
        "replica": probe.replica,
        "tables": len(seen.catalogue.tables),
        "problems": list(probe.problems),
    }
    return state if probe.free_bytes is None else {**state, "free_bytes": probe.free_bytes}


def _data(spec: Spec, source: Seen, target: Seen) -> dict[str, Any]:
    selections, problems = wanted(spec.parameters, source.catalogue, target.catalogue)
    levels = levels_of(source.catalogue, target.catalogue, selections)
    there = [each.target for each in selections if each.target in target.catalogue.tables]
    found = compatibility.problems(source.catalogue, target.catalogue, selections)
    deep = spec.options.get("validation_level") != ValidationLevel.BASIC
    trapped = traps.traps(source.database, selections, target.catalogue) if deep else []
    same = source.probe.identity == target.probe.identity
    return {
        "tables": [_table(each, levels[each.target], source, target) for each in selections],
        "digest": documents.digest(selections),
        "problems": [asdict(problem) for problem in problems],
        "incompatible": [asdict(one) for one in found],
        "traps": [asdict(one) for one in trapped],
        "cycles": [list(cycle) for cycle in ordering.cycles(target.catalogue, there)],
        "live": look_live(spec, source.catalogue, selections, same_database=same),
    }


def _table(selection: Selection, level: int, source: Seen, target: Seen) -> dict[str, Any]:
    """Of one table: what is signed by digest, and what is only seen."""
    origin = source.catalogue.tables[selection.source]
    there = target.catalogue.tables.get(selection.target)
    held = there is not None and holds_rows(target.database, selection)
    return {
        "source": selection.source,
        "target": selection.target,
        "key": list(selection.key),
        "columns": [
            {
                "target": each.target,
                "source": each.source,
                "type": each.type.native,
                "transforms": [f"{one.kind} {one.text}".strip() for one in each.transforms],
            }
            for each in selection.columns
        ],
        "where": [f"{one.column} {one.operator} {', '.join(one.values)}".strip() for one in selection.where],
        "rows": origin.rows,
        "bytes": origin.bytes,
        "level": level,
        "missing": there is None,
        "holds_rows": held,
        "held_rows": max(1, there.rows) if there is not None and held else 0,
        "held_bytes": there.bytes if there is not None and held else 0,
        "kept_by_key": there is not None and whole(there) is not None,
        "triggers": list(there.triggers) if there is not None else [],
        "unfilled": _unfilled(selection, there),
        "left_out": sorted({each.name for each in origin.columns} - {each.source for each in selection.columns}),
    }


def _unfilled(selection: Selection, there: Table | None) -> list[str]:
    """Columns of the target that the migration brings nothing for, so that they get their default, or null."""
    mapped = {each.target for each in selection.columns}
    return [each.name for each in there.columns if each.name not in mapped and not each.generated] if there else []


def _sum(tables: Sequence[Mapping[str, Any]], amount: str) -> int:
    return sum(each[amount] for each in tables)
