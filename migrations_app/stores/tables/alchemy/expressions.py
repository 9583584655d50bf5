"""A selection's columns, filters and key ranges as SQLAlchemy's expressions.

Key ranges are written out column by column, because not every database compares rows of values.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlalchemy.sql.expression import TableClause

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.tables.alchemy.abilities import Abilities
from migrations_app.stores.tables.alchemy.values import Convert, bound, plain
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.canonical import canonical
from migrations_app.stores.tables.schema import ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import Condition, KeyRange, KeyValue, Mapped, Operator, Selection
from migrations_app.stores.tables.sqlite.values import Carry, Text, carrier, text_maker

Element = ColumnElement[Any]


def table_of(name: str, columns: Sequence[str], *, in_schema: bool) -> TableClause:
    """Of a name of the catalogue."""
    schema, _, plain_name = name.partition(".") if in_schema else ("", "", name)
    return sa.table(plain_name, *[sa.column(each) for each in columns], schema=schema or None)


class Words:
    """One selection of one side. `able`: what its database can do."""

    def __init__(
        self, selection: Selection, side: Side, table: Table, *, in_schema: bool, able: Abilities, of_mysql: bool
    ) -> None:
        self._selection = selection
        self._held = table
        self._able = able
        self._of_mysql = of_mysql
        self.source = side is Side.SOURCE
        self.table = table_of(table.name, [each.name for each in table.columns], in_schema=in_schema)
        self.key = selection.key if self.source else selection.target_key
        types = {one.target: one.type for one in selection.columns}
        self._key_types = [types[name] for name in selection.target_key]
        self._key_plain = [plain(self.type(name)) for name in self.key]

    def type(self, name: str) -> ColumnType:
        found = self._held.column(name)
        if found is None:
            message = f"The table “{self._held.name}” has no column “{name}”."
            fix = "Correct the mapping, or plan again."
            raise ValidationFailed(message, problems=[Problem("tables", message, fix, "missing")])
        return found.type

    def columns(self) -> list[Element]:
        """Each mapped column's value, before any transform; null where there is only a constant."""
        names = [one.source if self.source else one.target for one in self._selection.columns]
        return [sa.null() if name is None else self._read(name) for name in names]

    def keys(self) -> list[Element]:
        return [self._read(name) for name in self.key]

    def texts(self) -> list[Text]:
        return [self._after_plain(text_maker, one) for one in self._selection.columns]

    def carriers(self) -> list[Carry]:
        return [self._after_plain(carrier, one) for one in self._selection.columns]

    def key_text(self, values: Sequence[Any]) -> KeyValue:
        """Of a row's values of the key's columns."""
        made = zip(self._key_types, self._key_plain, values, strict=True)
        return tuple(canonical(of, read(value)) or "" for of, read, value in made)

    def chosen(self, columns: Sequence[Element], within: KeyRange, *tests: Element) -> "Select[Any]":
        return sa.select(*columns).select_from(self.table).where(*self.where(within), *tests)

    def ordered(self, statement: "Select[Any]", *, backwards: bool = False) -> "Select[Any]":
        """By the key in the database's own order; as it comes for a table without one."""
        names = [self.table.c[name] for name in self.key]
        return statement.order_by(*[sa.desc(name) if backwards else name for name in names])

    def where(self, within: KeyRange) -> list[Element]:
        tests = [self._condition(each) for each in (self._selection.where if self.source else ())]
        if not self._selection.bytewise:
            tests += [self._after(within.after)] if within.after else []
            tests += [self._upto(within.upto)] if within.upto else []
        return tests

    def one(self, key: KeyValue) -> Element:
        """True of the row with this key, and of any that the database takes for the same."""
        return sa.and_(*[self.table.c[name] == value for name, value in zip(self.key, self.bound(key), strict=True)])

    def by_bytes(self, column: Element) -> Element:
        """Text by its bytes, as everywhere: a collation of its own would choose other rows in another database."""
        if not self._of_mysql:
            return column
        return sa.cast(sa.func.convert(column.op("USING")(sa.literal_column("utf8mb4"))), sa.LargeBinary)

    def bound(self, key: KeyValue) -> list[Element]:
        """The key's values as the driver is given them."""
        return [self._bound(name, text) for name, text in zip(self.key, key, strict=True)]

    def _read(self, name: str) -> Element:
        of, column = self.type(name), self.table.c[name]
        # As a float of 32 bits MySQL shows six digits only; of the sum it shows all.
        return column + sa.literal_column("0e0") if self._of_mysql and _single(of) else column

    def _after_plain(self, make: Any, mapped: Mapped) -> Convert:
        """Both sides alike: what has arrived is not transformed again."""
        name = mapped.source if self.source else mapped.target
        held = mapped.type if name is None else self.type(name)
        of, read = (
            make(mapped if self.source else Mapped(mapped.target, mapped.target, type=mapped.type), held),
            plain(held),
        )
        return lambda value: of(read(value))

    def _bound(self, name: str, text: str, *, in_bytes: bool = False) -> Element:
        value = bound(self.type(name), text, self._able)
        if in_bytes and isinstance(value, str):
            value = value.encode()
        return sa.bindparam(None, value, type_=sa.types.NullType(), unique=True)

    def _after(self, key: KeyValue) -> Element:
        names, values = [self.table.c[name] for name in self.key], self.bound(key)
        ways = [
            sa.and_(*[names[before] == values[before] for before in range(place)], names[place] > values[place])
            for place in range(len(names))
        ]
        return ways[0] if len(ways) == 1 else sa.and_(names[0] >= values[0], sa.or_(*ways))

    def _upto(self, key: KeyValue) -> Element:
        names, values = [self.table.c[name] for name in self.key], self.bound(key)
        ways = [
            sa.and_(*[names[before] == values[before] for before in range(place)], names[place] < values[place])
            for place in range(len(names))
        ]
        same = sa.and_(*[name == value for name, value in zip(names, values, strict=True)])
        return names[0] <= values[0] if len(ways) == 1 else sa.and_(names[0] <= values[0], sa.or_(*ways, same))

    def _condition(self, condition: Condition) -> Element:
        of, column = self.type(condition.column), self.table.c[condition.column]
        match condition.operator:
            case Operator.IS_NULL:
                return column.is_(None)
            case Operator.NOT_NULL:
                return column.is_not(None)
        in_bytes = of.kind is TypeKind.TEXT and self._of_mysql
        compared = self.by_bytes(column) if in_bytes else column
        values = [self._bound(condition.column, text, in_bytes=in_bytes) for text in condition.values]
        if condition.operator is Operator.ONE_OF:
            return sa.or_(*[compared == value for value in values])
        tested: Element = _TESTS[condition.operator](compared, values[0])
        return tested


def _single(of: ColumnType) -> bool:
    return of.kind is TypeKind.FLOAT and of.bits == 32


_TESTS: dict[Operator, Any] = {
    Operator.EQUAL: lambda one, other: one == other,
    Operator.NOT_EQUAL: lambda one, other: one != other,
    Operator.LESS: lambda one, other: one < other,
    Operator.AT_MOST: lambda one, other: one <= other,
    Operator.MORE: lambda one, other: one > other,
    Operator.AT_LEAST: lambda one, other: one >= other,
}
