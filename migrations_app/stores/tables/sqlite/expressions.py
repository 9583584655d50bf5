"""A selection's columns, filters and key ranges as SQLite's SQL, with values to bind."""

from collections.abc import Sequence
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.canonical import canonical, native
from migrations_app.stores.tables.schema import ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import Condition, KeyRange, KeyValue, Mapped, Operator, Selection
from migrations_app.stores.tables.sqlite.canonical import text_of
from migrations_app.stores.tables.sqlite.values import Carry, Text, carrier, text_maker

BYTES = "snakeweb_bytes"  # of a text, in UTF-8 whatever the file's encoding
Bound = tuple[str, list[Any]]
_TESTS = {one: one.value for one in Operator if one not in (Operator.IS_NULL, Operator.NOT_NULL, Operator.ONE_OF)}


class Words:
    """One selection of one side."""

    def __init__(self, selection: Selection, side: Side, table: Table) -> None:
        self._selection = selection
        self._side = side
        self._held = table
        self._source = side is Side.SOURCE
        self.table = quoted(selection.source if self._source else selection.target)
        self.key = selection.key if self._source else selection.target_key
        self._key_types = [self._mapped(name).type for name in selection.target_key]

    def columns(self) -> list[str]:
        """SQL of each mapped column's value, before any transform; NULL where there is only a constant."""
        names = [one.source if self._source else one.target for one in self._selection.columns]
        for name in names:
            if name is not None:
                self._type(name)
        return ["NULL" if name is None else quoted(name) for name in names]

    def mapped(self) -> list[Mapped]:
        """As this side has them: what has arrived is not transformed again."""
        return [self._plain(one) for one in self._selection.columns]

    def texts(self) -> list[Text]:
        return [text_maker(self._plain(one), self._held_type(one)) for one in self._selection.columns]

    def carriers(self) -> list[Carry]:
        return [carrier(self._plain(one), self._held_type(one)) for one in self._selection.columns]

    def key_text(self, values: Sequence[Any]) -> KeyValue:
        """Of a row's values of the key's columns."""
        return tuple(canonical(of, value) or "" for of, value in zip(self._key_types, values, strict=True))

    def compared(self) -> list[str]:
        if not self._selection.bytewise:
            return [quoted(name) for name in self.key]
        return [f"{BYTES}({text_of(quoted(name), of)})" for name, of in zip(self.key, self._key_types, strict=True)]

    def order(self, direction: str = "") -> str:
        """An ORDER BY, or nothing for a table without a key."""
        return f" ORDER BY {', '.join(f'{one}{direction}' for one in self.compared())}" if self.key else ""

    def where(self, within: KeyRange) -> Bound:
        tests: list[str] = []
        values: list[Any] = []
        for condition in self._selection.where if self._source else ():
            test, bound = self._condition(condition)
            tests.append(test)
            values += bound
        for operator, key in ((">", within.after), ("<=", within.upto)):
            if key:
                tests.append(f"({', '.join(self.compared())}) {operator} ({', '.join('?' * len(key))})")
                values += self._compared_to(key)
        return (f" WHERE {' AND '.join(tests)}" if tests else ""), values

    def one(self, key: KeyValue) -> Bound:
        """A test that is true of the row with this key."""
        return " AND ".join(f"{quoted(name)} = ?" for name in self.key), self.bound(key)

    def bound(self, key: KeyValue) -> list[Any]:
        """The key's values as this database holds them."""
        return [native(self._type(name), text) for name, text in zip(self.key, key, strict=True)]

    def _compared_to(self, key: KeyValue) -> list[Any]:
        return [text.encode() for text in key] if self._selection.bytewise else self.bound(key)

    def _condition(self, condition: Condition) -> Bound:
        of = self._type(condition.column)
        column = quoted(condition.column)
        if condition.operator is Operator.IS_NULL:
            return f"{column} IS NULL", []
        if condition.operator is Operator.NOT_NULL:
            return f"{column} IS NOT NULL", []
        # Text by its bytes, as everywhere: a collation of its own would choose other rows in another database.
        compared = f"{column} COLLATE BINARY" if of.kind is TypeKind.TEXT else column
        values = [native(of, text) for text in condition.values]
        if condition.operator is Operator.ONE_OF:
            return f"{compared} IN ({', '.join('?' * len(values))})", values
        return f"{compared} {_TESTS[condition.operator]} ?", values[:1]

    def _plain(self, mapped: Mapped) -> Mapped:
        return mapped if self._source else Mapped(mapped.target, mapped.target, type=mapped.type)

    def _held_type(self, mapped: Mapped) -> ColumnType:
        name = mapped.source if self._source else mapped.target
        return mapped.type if name is None else self._type(name)

    def _mapped(self, target: str) -> Mapped:
        return next(one for one in self._selection.columns if one.target == target)

    def _type(self, name: str) -> ColumnType:
        found = self._held.column(name)
        if found is None:
            message = f"The table “{self._held.name}” has no column “{name}”."
            fix = "Correct the mapping, or plan again."
            raise ValidationFailed(message, problems=[Problem("tables", message, fix, "missing")])
        return found.type


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
