"""Where two orders differ, ranges by the bytes of the keys hold the same rows on both sides."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.key_order import same_order
from migrations_app.stores.tables.schema import Catalogue, Column, ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Mapped, Selection
from tests.stores.tables.orders import KEY, WORKER, Move, Orders, selection_of

pytestmark = pytest.mark.servers
WORDS = ("a", "B", "b", "Z", "z", "ä", "Ä", "zz", "-a", "a-b", "ab", "ß", "ss", "Ω", "a b", "🙂", "É", "e", "f")


def order_of(one: Orders, other: Orders) -> bool:
    with one.place.open() as source, other.place.open() as target:
        tables = source.table(one.name), target.table(other.name)
        selection = selection_of(source, target, (one.name, other.name), KEY)
        return same_order(*tables, selection, source.catalogue([one.name]), target.catalogue([other.name]))


@pytest.mark.parametrize(
    ("kinds", "collation"),
    [
        (("postgres", "postgres"), ("de-x-icu", "C")),
        (("postgres", "postgres"), ("en-x-icu", "de-x-icu")),
        (("postgres", "sqlite"), ("de-x-icu", "BINARY")),
        (("sqlite", "postgres"), ("NOCASE", "C")),
        (("sqlite", "sqlite"), ("NOCASE", "BINARY")),
    ],
)
def test_ranges_by_bytes_where_the_orders_differ(kinds, collation, orders_in: Callable[[str], Orders]):
    source, target = (orders_in(kind) for kind in kinds)
    if any(name.endswith("-icu") for name in collation):
        places = [orders for orders in (source, target) if orders.kind == "postgres"]
        if not places[0].sql("SELECT 1 FROM pg_collation WHERE collname = 'de-x-icu'"):
            pytest.skip("this PostgreSQL is built without ICU")
    for orders, wanted in ((source, collation[0]), (target, collation[1])):
        orders.sql(
            f'CREATE TABLE orders (shop text COLLATE "{wanted}" NOT NULL, number bigint NOT NULL, note text, '
            "PRIMARY KEY (shop, number))"
        )
    with source.connected() as connection:
        mark = "%s" if source.kind == "postgres" else "?"
        # Each with a number of its own: some orders take two of the words for one.
        rows = [(word, number, f"{word}{number}") for number, word in enumerate(WORDS * 10)]
        statement = f"INSERT INTO orders VALUES ({mark}, {mark}, {mark})"  # noqa: S608 - our own words
        connection.cursor().executemany(statement, rows)

    assert not order_of(source, target)
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        copied = move.run(rows=7)
        assert copied.rows == len(rows)

        bytewise = replace(move.selection, bytewise=True)
        ranges = [EVERYTHING, KeyRange(("a", "3")), KeyRange(None, ("a", "3")), KeyRange(("Z", "1"), ("ä", "5"))]
        digests = [
            [each.digest(bytewise, within, side=side) for within in ranges]
            for each, side in ((one, Side.SOURCE), (other, Side.TARGET))
        ]
        assert digests[0] == digests[1]
        assert digests[0][0].rows == len(rows) == digests[0][1].rows + digests[0][2].rows
        assert digests[0][3].rows > 0
        listed = [
            list(each.row_digests(bytewise, EVERYTHING, side=side))
            for each, side in ((one, Side.SOURCE), (other, Side.TARGET))
        ]
        assert listed[0] == listed[1]


def test_bytes_on_both_sides_are_one_order(orders_in: Callable[[str], Orders]):
    source, target = orders_in("postgres"), orders_in("sqlite")
    source.create()
    target.create()

    assert order_of(source, target)


@pytest.mark.parametrize(
    ("collations", "same"),
    [
        (("C", "C"), True),
        (("icu:de:153.120", "icu:de:153.120"), True),
        (("icu:de:153.120", "icu:de:153.14"), False),
        (("libc:en_US.UTF-8", "libc:en_US.UTF-8"), False),  # of which version nobody knows
        (("icu:de:153.120:nondeterministic", "icu:de:153.120:nondeterministic"), False),
    ],
)
def test_an_order_is_the_same_where_that_is_certain(collations, same):
    text = ColumnType(TypeKind.TEXT, "text")
    tables = [Table("t", (Column("a", text, collation=one),)) for one in collations]
    catalogues = [Catalogue({}, details={"engine": "postgres", "collation": "C"})] * 2

    assert same_order(*tables, Selection("t", "t", ("a",), (Mapped("a", "a", type=text),)), *catalogues) is same


def test_numbers_that_sqlite_may_hold_as_text_have_no_sure_order():
    number = ColumnType(TypeKind.DECIMAL, "numeric")
    tables = [Table("t", (Column("a", number),))] * 2
    catalogues = [Catalogue({}, details={"engine": engine, "collation": "C"}) for engine in ("sqlite", "postgres")]

    assert not same_order(*tables, Selection("t", "t", ("a",), (Mapped("a", "a", type=number),)), *catalogues)
