"""The tables of the sample: columns of both databases, keys, references, and how their values are made."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.stores.tables.sample import values as v
from tests.stores.tables.sample.values import Make

WHOLE = 2_000_000


@dataclass(frozen=True)
class Column:
    """`make` is None where the database makes it."""

    name: str
    postgres: str
    sqlite: str
    make: Make | None = None


@dataclass(frozen=True)
class Reference:
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """`share` of the whole in thousandths. `least`: rows at any scale."""

    name: str
    columns: Sequence[Column]
    key: tuple[str, ...]
    share: float
    references: Sequence[Reference] = ()
    indexes: Sequence[tuple[str, ...]] = ()
    least: int = 4


def rows_of(name: str, scale: float) -> int:
    table = BY_NAME[name]
    return max(table.least, int(WHOLE * scale * table.share / 1000)) if table.share else 0


def column(name: str, postgres: str, sqlite: str, make: Make | None = None) -> Column:
    return Column(name, postgres, sqlite, make)


def integer(name: str, make: Make = v.number, kind: str = "bigint") -> Column:
    return Column(name, kind, "INTEGER", make)


def text(name: str, make: Make) -> Column:
    return Column(name, "text", "TEXT", make)


def numbered(name: str = "id", how: str = "BY DEFAULT") -> Column:
    return Column(name, f"bigint GENERATED {how} AS IDENTITY", "INTEGER", v.number)


def tables(scale: float) -> tuple[Sample, ...]:
    """Their references point to rows that are there at this scale."""
    return tuple(_filled(table, scale) for table in TABLES)


def _filled(table: Sample, scale: float) -> Sample:
    """References of one column are made anew for the scale."""
    made = []
    others = {one.columns[0]: one.table for one in table.references}
    for each in table.columns:
        other = others.get(each.name)
        if other is not None and each.make is ANY:
            limit = rows_of(other, scale)
            make: Make = v.uuid_below(limit) if "uuid" in each.postgres else v.below(limit)
            nullable = "NOT NULL" not in each.postgres and each.name not in table.key
            each = Column(each.name, each.postgres, each.sqlite, v.sometimes(make, 0.2) if nullable else make)
        made.append(each)
    return Sample(table.name, made, table.key, table.share, table.references, table.indexes, table.least)


def _per(count: int) -> Make:
    """The row of another table that has so many of this one."""
    return lambda row, chance: (row - 1) // count + 1


def _within(count: int) -> Make:
    return lambda row, chance: (row - 1) % count + 1


ANY: Make = v.below(1)  # any row of the table that is referred to
_WIDE = [
    each
    for n in range(30)
    for each in (
        integer(f"number_{n:02d}", v.sometimes(v.below(10**12))),
        text(f"text_{n:02d}", v.sometimes(v.text(2))),
        column(f"real_{n:02d}", "double precision", "DOUBLE", v.sometimes(v.real)),
        column(f"at_{n:02d}", "timestamptz", "TIMESTAMPTZ", v.sometimes(v.instant)),
    )
]
TABLES: tuple[Sample, ...] = (
    Sample(
        "countries",
        [
            column("code", "character(2)", "TEXT", lambda n, _: f"{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}"),
            text("name", v.named("Land")),
        ],
        ("code",),
        0.1,
        least=26,
    ),
    Sample(
        "people",
        [
            numbered(how="ALWAYS"),
            column("name", "varchar(80) NOT NULL", "TEXT NOT NULL", v.named("Zoë")),
            column("born", "date", "DATE", v.sometimes(v.rarely(v.DATES, v.date))),
            column("seen", "timestamptz", "TIMESTAMPTZ", v.rarely(v.in_utc(v.TIMES), v.instant)),
            column("active", "boolean", "BOOLEAN", v.sometimes(v.choice(True, False))),
            column("tags", "text[]", "TEXT ARRAY", v.sometimes(v.array(v.choice(*v.WORDS)))),
            column("photo", "bytea", "BLOB", v.sometimes(v.raw(64), 0.7)),
            integer("boss", ANY),
        ],
        ("id",),
        100,
        [Reference(("boss",), "people", ("id",))],
        [("name",)],
    ),
    Sample(
        "addresses",
        [
            integer("person", _per(2)),
            integer("kind", _within(2), "smallint"),
            text("street", v.text(3)),
            column("ip", "inet", "TEXT", v.address),
        ],
        ("person", "kind"),
        100,
        [Reference(("person",), "people", ("id",))],
    ),
    Sample(
        "categories",
        [integer("id", kind="integer"), text("name", v.named("Kategorie")), integer("parent", ANY, "integer")],
        ("id",),
        0.3,
        [Reference(("parent",), "categories", ("id",))],
    ),
    Sample(
        "goods",
        [
            column("id", "uuid", "UUID_TEXT", v.uuid_of),
            text("name", v.text(2)),
            column("price", "numeric(12,2) NOT NULL", "DECIMAL_TEXT NOT NULL", v.money),
            column("about", "jsonb", "JSON_TEXT", v.sometimes(v.document)),
            column("as_sent", "json", "JSON_TEXT", v.document),
            column("sizes", "double precision[]", "DOUBLE ARRAY", v.array(v.real)),
        ],
        ("id",),
        40,
    ),
    Sample(
        "goods_in_categories",
        [
            column("good", "uuid NOT NULL", "UUID_TEXT NOT NULL", lambda n, c: v.uuid_of((n - 1) // 2 + 1, c)),
            integer("place", _within(2), "smallint"),
            integer("category", ANY, "integer"),
        ],
        ("good", "place"),
        50,
        [Reference(("category",), "categories", ("id",))],
    ),
    Sample(
        "departments",
        [integer("id", kind="integer"), text("name", v.named("Abteilung")), integer("head", ANY)],
        ("id",),
        0.05,
        [Reference(("head",), "employees", ("id",))],
    ),
    Sample(
        "employees",
        [numbered(), text("name", v.named("Łukasz")), integer("department", ANY, "integer")],
        ("id",),
        3,
        [Reference(("department",), "departments", ("id",))],
    ),
    Sample(
        "orders",
        [
            numbered(),
            integer("person", ANY),
            column("at", "timestamp", "TIMESTAMP", v.timestamp),
            column("state", "varchar(10) NOT NULL", "TEXT NOT NULL", v.choice("open", "paid", "geschlossen"[:10])),
            column("total", "numeric(14,4)", "DECIMAL_TEXT", v.money),
        ],
        ("id",),
        130,
        [Reference(("person",), "people", ("id",))],
        [("person", "at")],
    ),
    Sample(
        "order_lines",
        [
            column("order_id", "bigint NOT NULL", "INTEGER NOT NULL", _per(4)),
            integer("line", _within(4), "smallint"),
            column("good", "uuid", "UUID_TEXT", ANY),
            integer("amount", v.below(99), "integer"),
            column("price", "numeric(12,2)", "DECIMAL_TEXT", v.money),
        ],
        ("order_id", "line"),
        300,
        [Reference(("good",), "goods", ("id",))],
    ),
    Sample(
        "line_notes",
        [
            integer("order_id", _per(8)),
            integer("line", v.choice(1, 2, 3, 4), "smallint"),
            integer("number", v.number),
            text("note", v.text(6)),
        ],
        ("number",),
        30,
    ),
    Sample(
        "payments",
        [
            column("id", "uuid", "UUID_TEXT", v.uuid_of),
            integer("order_id", ANY),
            column("amount", "numeric", "DECIMAL_TEXT", v.rarely(("NaN", "0", "-0.10", "1e30"), v.digits)),
        ],
        ("id",),
        70,
        [Reference(("order_id",), "orders", ("id",))],
    ),
    Sample(
        "events",
        [
            numbered(),
            column(
                "at",
                "timestamptz(3) NOT NULL",
                "TIMESTAMPTZ NOT NULL",
                lambda n, c: f"2020-01-01 {n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}+00",
            ),
            column("body", "jsonb NOT NULL", "JSON_TEXT NOT NULL", v.document),
        ],
        ("id",),
        80,
        (),
        [("at",)],
    ),
    Sample(
        "measurements",
        [
            text("sensor", v.choice("a", "b", "ß", "日")),
            integer("number"),
            column("single", "real", "REAL", v.single),
            column("double", "double precision", "DOUBLE", v.rarely(v.FLOATS, v.real)),
        ],
        ("sensor", "number"),
        70,
    ),
    Sample(
        "documents",
        [
            numbered(),
            text("body", v.text(200)),
            column("scan", "bytea", "BLOB", v.raw(4000)),
            column(
                "title",
                "text GENERATED ALWAYS AS (left(body, 20)) STORED",
                "TEXT GENERATED ALWAYS AS (substr(body, 1, 20)) STORED",
            ),
        ],
        ("id",),
        2.5,
    ),
    Sample("wide", [integer("id"), *_WIDE], ("id",), 3),
    Sample(
        'Odd "name" here',
        [
            integer("select", v.number),
            text("Ünï köde.", v.text(1)),
            column('a "quoted" one', "integer", "INTEGER", v.below(9)),
        ],
        ("select",),
        1,
    ),
    Sample(
        "clocks",
        [
            integer("id"),
            column("day", "date", "DATE", v.rarely(v.DATES, v.date, 0.3)),
            column("clock", "time", "TIME", v.rarely(("00:00:00", "24:00:00"), v.clock)),
            column("local", "timestamp", "TIMESTAMP", v.rarely(v.TIMES, v.timestamp, 0.3)),
            column("long", "interval", "INTERVAL", v.choice(*v.INTERVALS)),
            column("days", "date[]", "DATE ARRAY", v.array(v.date)),
        ],
        ("id",),
        2,
    ),
    Sample(
        "numbers",
        [
            integer("id"),
            integer("small", v.choice(-(2**15), 0, 2**15 - 1), "smallint"),
            integer("usual", v.choice(-(2**31), 0, 2**31 - 1), "integer"),
            integer("big", v.choice(-(2**63), 0, 2**63 - 1)),
            column("exact", "numeric(50,12)", "DECIMAL_TEXT", v.digits),
            column("grid", "integer[]", "INTEGER ARRAY", v.square),
        ],
        ("id",),
        2,
    ),
    Sample(
        "flags",
        [
            integer("id"),
            *(column(f"flag_{n}", "boolean", "BOOLEAN", v.sometimes(v.choice(True, False), 0.3)) for n in range(8)),
        ],
        ("id",),
        5,
    ),
    Sample(
        "translations",
        [
            column("language", "text", "TEXT", lambda n, _: ("de", "ja", "Ελ", "العربية")[n % 4]),
            column("word", "text", "TEXT", v.named("Wort")),
            text("meaning", v.sometimes(v.text(4))),
        ],
        ("language", "word"),
        8,
    ),
    Sample("log", [text("line", v.text(3)), column("at", "timestamptz", "TIMESTAMPTZ", v.instant)], (), 4),
    Sample("empty", [integer("id"), text("nothing", v.text(1))], ("id",), 0, least=0),
    Sample(
        "empty_pair",
        [integer("a"), text("b", v.text(1))],
        ("a", "b"),
        0,
        [Reference(("a",), "empty", ("id",))],
        least=0,
    ),
)
BY_NAME = {table.name: table for table in TABLES}
