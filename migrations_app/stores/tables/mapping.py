"""From what an author asked for to selections: which table goes where, column by column."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.stores.tables import asked
from migrations_app.stores.tables.asked import AskedColumn, AskedTable
from migrations_app.stores.tables.becoming import POSTGRES, created_type, transformed
from migrations_app.stores.tables.schema import AS_MADE, Catalogue, Column, ColumnType
from migrations_app.stores.tables.selection import AS_TEXT, Mapped, Selection


def selections(
    source: Catalogue, target: Catalogue, parameters: Mapping[str, Any], *, engine: str
) -> tuple[tuple[Selection, ...], list[Problem]]:
    """A selection of each table, and every problem. `engine` is the target's.

    Without tables in the parameters it is every table of the source. A table that the target lacks is mapped to what
    `creating` will make of it. Columns go by their names, but for those that are named in the parameters.
    """
    wanted, problems = asked.read(parameters.get("tables"))
    if not parameters.get("tables"):
        wanted = tuple(AskedTable(asked.PATH, name) for name in source.tables)
    found: dict[str, Selection] = {}
    for table in wanted:
        if table.source not in source.tables:
            problems.append(_unknown_table(table, source))
            continue
        selection = _Mapping(source, target, table, engine, problems).selection()
        if selection.target in found:
            other = found[selection.target].source
            message = f"“{table.source}” and “{other}” would both go into “{selection.target}”."
            fix = "Name another target table for one of them."
            problems.append(Problem(f"{table.path}.target", message, fix, "twice"))
        found[selection.target] = selection
    return tuple(found.values()), problems


def _unknown_table(table: AskedTable, source: Catalogue) -> Problem:
    near = [
        name for name in source.tables if name.rpartition(".")[2].lower() == table.source.rpartition(".")[2].lower()
    ]
    fix = f"Did you mean “{near[0]}”?" if near else "Write the name as the source's catalogue shows it."
    return Problem(f"{table.path}.source", f"The source has no table “{table.source}”.", fix, "unknown_table")


class _Mapping:
    """One table. Problems are added to the list that was given."""

    def __init__(
        self, source: Catalogue, target: Catalogue, wanted: AskedTable, engine: str, problems: list[Problem]
    ) -> None:
        self._from = source.details.get("engine", "")
        self._to = engine
        self._wanted = wanted
        self._held = source.tables[wanted.source]
        self._problems = problems
        self._target_name = wanted.target or _target_name(wanted.source, source, target, engine)
        self._there = target.tables.get(self._target_name)
        self._referred = {
            name
            for table in source.tables.values()
            for key in table.foreign_keys
            if key.table == wanted.source
            for name in key.referred
        }

    def selection(self) -> Selection:
        if self._there is None:
            self._check_creation()
        columns = tuple(self._columns())
        for condition in self._wanted.where:
            if self._held.column(condition.column) is None:
                self._problem("where", f"“{self._held.name}” has no column “{condition.column}”.", "unknown_column")
        return Selection(self._held.name, self._target_name, self._key(columns), columns, self._wanted.where)

    def _check_creation(self) -> None:
        if self._to == POSTGRES and "." not in self._target_name:
            message = f"“{self._target_name}” names no schema."
            self._problem("target", message, "no_schema", "Write schema.table.")

    def _columns(self) -> Iterator[Mapped]:
        named = self._wanted.columns
        used = {each.source for each in named.values() if each is not None}
        for name, wanted in named.items():
            if wanted is not None:
                yield from self._named(name, wanted)
        for name, source in self._by_name():
            if name not in named and source.name not in used:
                yield Mapped(name, source.name, (), self._type_of(name, source))
        if self._there is not None:
            for name in named:
                if self._there.column(name) is None:
                    self._problem(f"columns.{name}", f"“{self._target_name}” has no column “{name}”.", "unknown_column")

    def _named(self, name: str, wanted: AskedColumn) -> Iterator[Mapped]:
        source = self._held.column(wanted.source) if wanted.source is not None else None
        if wanted.source is not None and source is None:
            message = f"“{self._held.name}” has no column “{wanted.source}”."
            self._problem(f"columns.{name}.source", message, "unknown_column")
        else:
            yield Mapped(name, wanted.source, wanted.transforms, self._type_of(name, source, wanted))

    def _by_name(self) -> Iterator[tuple[str, Column]]:
        """Pairs of a target's name and the source's column of that name, whatever its case where that is clear."""
        if self._there is None:
            yield from ((each.name, each) for each in self._held.columns if not self._is_made_again(each))
            return
        by_case: dict[str, list[Column]] = {}
        for each in self._held.columns:
            by_case.setdefault(each.name.lower(), []).append(each)
        for column in self._there.columns:
            alike = by_case.get(column.name.lower(), [])
            found = self._held.column(column.name) or (alike[0] if len(alike) == 1 else None)
            if found is not None and column.generated not in AS_MADE:
                yield column.name, found

    def _is_made_again(self, column: Column) -> bool:
        """PostgreSQL makes a generated column anew, of columns that have kept their names."""
        made = column.generated in AS_MADE and column.default and not self._wanted.columns
        return bool(made) and self._from == self._to == POSTGRES

    def _type_of(self, name: str, source: Column | None, wanted: AskedColumn | None = None) -> ColumnType:
        there = self._there.column(name) if self._there is not None else None
        if there is not None:
            return there.type
        held = transformed(source.type if source else AS_TEXT, wanted.transforms if wanted else ())
        return created_type(
            held, source=self._from, engine=self._to, indexed=source is not None and self._indexed(source)
        )

    def _indexed(self, column: Column) -> bool:
        held = self._held
        keys = [*(each.columns for each in held.keys), *(each.columns for each in held.foreign_keys), self._wanted.key]
        over = [*keys, *(each.columns for each in held.built)]
        return any(column.name in columns for columns in over) or column.name in self._referred

    def _key(self, columns: Sequence[Mapped]) -> tuple[str, ...]:
        names = {each.source: each.target for each in columns if each.source is not None and not each.transforms}
        if self._wanted.key:
            return self._named_key(names)
        whole = [key.columns for key in self._held.keys if set(key.columns) <= set(names)]
        if self._there is not None:
            theirs = [set(key.columns) for key in self._there.keys]
            both = [key for key in whole if {names[name] for name in key} in theirs]
            if whole and not both:
                message = f"“{self._target_name}” has no key by which rows of “{self._held.name}” are told apart."
                fix = f"Give it a unique key over {', '.join(names[name] for name in whole[0])}."
                self._problem("key", message, "no_common_key", fix)
            whole = both
        return next(iter(whole), ())

    def _named_key(self, names: Mapping[str, str]) -> tuple[str, ...]:
        key = self._wanted.key
        missing = [name for name in key if name not in names]
        if missing:
            message = f"{', '.join(missing)} of the key would not arrive as it is."
            self._problem("key", message, "key_changes", "Map each column of the key without a transform.")
            return ()
        if not any(set(each.columns) == set(key) for each in self._held.keys):
            message = f"“{self._held.name}” has no unique key over {', '.join(key)}, or its columns may be null."
            self._problem("key", message, "no_key", "Name the columns of a unique key, or leave the key away.")
        return key

    def _problem(self, field: str, message: str, code: str, fix: str = "Correct the name.") -> None:
        self._problems.append(Problem(f"{self._wanted.path}.{field}", message, fix, code))


def _target_name(source: str, sources: Catalogue, target: Catalogue, engine: str) -> str:
    """Its own name where the target can have it; else without its schema, or in the target's first one."""
    in_schema = sources.details.get("engine") == POSTGRES or sources.details.get("schemas")
    schema, _, plain = source.partition(".") if in_schema else ("", "", source)
    schemas = _schemas(target)
    if engine != POSTGRES and not schemas:
        return plain
    if schema in schemas:
        return source
    schemas = schemas or ["public"]
    there = [f"{each}.{plain}" for each in schemas if f"{each}.{plain}" in target.tables]
    return there[0] if there else f"{schemas[0]}.{plain}"


def _schemas(target: Catalogue) -> Sequence[str]:
    return [name.strip() for name in target.details.get("schemas", "").split(",") if name.strip()]
