"""Canonical texts, compared between a real PostgreSQL and SQLite in both directions."""

# ruff: noqa: S608 - of our own words

import json
import sqlite3

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrations_app.stores.tables.canonical import canonical, native, text_factory, unfit
from migrations_app.stores.tables.postgres.canonical import text_of, value_of
from migrations_app.stores.tables.postgres.connection import SESSION
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.sqlite import canonical as in_sqlite

pytestmark = pytest.mark.servers

searched = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def kind(name, kind, **more):
    return ColumnType(kind, name, **more)


def of(element):
    return ColumnType(TypeKind.ARRAY, f"{element.native}[]", element=element)


BOOLEAN = kind("boolean", TypeKind.BOOLEAN)
INTEGER = kind("bigint", TypeKind.INTEGER, bits=64)
DECIMAL = kind("numeric", TypeKind.DECIMAL)
FLOAT = kind("double precision", TypeKind.FLOAT, bits=64)
SINGLE = kind("real", TypeKind.FLOAT, bits=32)
TEXT = kind("text", TypeKind.TEXT)
PADDED = kind("character(9)", TypeKind.TEXT, length=9)
BYTES = kind("bytea", TypeKind.BYTES)
DATE = kind("date", TypeKind.DATE)
TIME = kind("time without time zone", TypeKind.TIME)
TIMESTAMP = kind("timestamp without time zone", TypeKind.TIMESTAMP)
INSTANT = kind("timestamp with time zone", TypeKind.INSTANT)
INTERVAL = kind("interval", TypeKind.INTERVAL)
UUID = kind("uuid", TypeKind.UUID)
JSONB = kind("jsonb", TypeKind.JSON)
JSON = kind("json", TypeKind.JSON)
INET = kind("inet", TypeKind.OTHER)
MOOD = kind("mood", TypeKind.OTHER)

# Any text that PostgreSQL's own encoding holds, with what needs care more often.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=12) | st.text(r"""\{}[]",' NULLnull0!tx""" + "\t\né", max_size=8)
numbers = st.decimals(allow_nan=True, allow_infinity=True).map(lambda d: "NaN" if d.is_nan() else str(d)) | st.decimals(
    min_value=-(10**20), max_value=10**20, places=4
).map(str)
floats = st.floats().map(repr) | st.integers(-(2**70), 2**70).map(str) | st.integers(0, 40).map(lambda n: f"1e{n}")
years = st.integers(1, 9999) | st.integers(1, 4712).map(lambda y: -y) | st.integers(10_000, 294_276)
clocks = st.builds(
    "{:02d}:{:02d}:{:02d}{}".format,
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".000001", ".123456", ".100"]),
)


def dated(year, month, day, rest=""):
    return f"{abs(year):04d}-{month:02d}-{day:02d}{rest}{' BC' if year < 0 else ''}"


dates = st.builds(dated, years, st.integers(1, 12), st.integers(1, 28)) | st.sampled_from(
    ["infinity", "-infinity", "2000-02-29", "0001-02-29 BC", "0005-02-29 BC", "4714-11-24 BC"]
)
stamps = st.builds(dated, years, st.integers(1, 12), st.integers(1, 28), clocks.map(" {}".format)) | st.sampled_from(
    ["infinity", "-infinity", "294276-12-31 23:59:59.999999", "4714-11-24 00:00:00 BC"]
)
zones = st.sampled_from(["+00", "Z", "-12:30", "+14", "+0545"])
instants = st.builds(
    lambda year, month, day, clock, zone: dated(year, month, day, f" {clock}{zone}"),
    years.filter(lambda y: -4700 < y < 294_000),
    st.integers(1, 12),
    st.integers(1, 28),
    clocks,
    zones,
)
small = st.integers(-400, 400)
intervals = st.builds(
    "{} years {} months {} days {} hours {} minutes {}.{:06d} seconds".format,
    small, small, small, small, small, small, st.integers(0, 999_999),
) | st.just("0")  # fmt: skip
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
json_texts = documents.map(lambda d: json.dumps(d)) | st.sampled_from(
    [
        '{"b": 1.00, "aa": 1e3, "a": [-0.0, 1.50e1, 0e5]}',
        '{"a":1,"a":2}',
        ' [ "\\u00e9\\/\\u001f\\u007f" ] ',
        "1E-7",
        "-0",
    ]
)
hexadecimal = st.binary(max_size=8).map(lambda b: "\\x" + b.hex())
scalars = {
    BOOLEAN: st.sampled_from(["true", "false"]),
    INTEGER: st.integers(-(2**63), 2**63 - 1).map(str),
    DECIMAL: numbers,
    FLOAT: floats,
    SINGLE: st.floats(width=32).map(repr) | st.sampled_from(["0.1", "-0", "3e38", "1e-40"]),
    TEXT: texts,
    PADDED: st.text(characters, max_size=9),
    BYTES: hexadecimal,
    DATE: dates,
    TIME: clocks | st.just("24:00:00"),
    TIMESTAMP: stamps,
    INSTANT: instants,
    INTERVAL: intervals,
    UUID: st.uuids().map(str),
    JSONB: json_texts,
    JSON: json_texts,
    INET: st.ip_addresses().map(str) | st.just("10.1.0.0/16"),
    MOOD: st.sampled_from(["sad", "très \\ heureux"]),
}
elements = [BOOLEAN, INTEGER, DECIMAL, FLOAT, TEXT, PADDED, BYTES, DATE, TIMESTAMP, INSTANT, INTERVAL, UUID, JSONB]


def identify(column):
    return column.native


@pytest.fixture(scope="module")
def server(postgres_server):
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items() if value)
    with psycopg.connect(postgres_server.url, options=options + " -c TimeZone=UTC", autocommit=True) as connection:
        connection.execute("DROP TYPE IF EXISTS mood")
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'très \\ heureux')")
        yield connection
        connection.execute("DROP TYPE mood")


@pytest.fixture(scope="module")
def file():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = text_factory
    in_sqlite.register(connection)
    yield connection
    connection.close()


def texts_of_literals(server, column, literals, wanted=None):
    expression = text_of(f"x::{column.native}", column, wanted or column)
    query = f"SELECT {expression} FROM unnest(%s::text[]) WITH ORDINALITY AS t (x, o) ORDER BY o"
    return [row[0] for row in server.execute(query, [literals]).fetchall()]


def texts_of_values(server, column, canonicals):
    expression = text_of(value_of("x", column), column, column)
    query = f"SELECT {expression} FROM unnest(%s::text[]) WITH ORDINALITY AS t (x, o) ORDER BY o"
    return [row[0] for row in server.execute(query, [canonicals]).fetchall()]


def texts_in_sqlite(file, column, values):
    expression = in_sqlite.text_of("?1", column)
    return [file.execute(f"SELECT {expression}", [value]).fetchone()[0] for value in values]


def round_trip(server, file, column, literals):
    """The texts in PostgreSQL, in SQLite that was given them, and in PostgreSQL that got them back."""
    first = texts_of_literals(server, column, literals)
    values = [native(column, text) for text in first]
    return first, texts_in_sqlite(file, column, values), texts_of_values(server, column, first)


@pytest.mark.parametrize("column", scalars, ids=identify)
def test_a_value_of_postgresql_has_the_same_text_in_sqlite_and_back(server, file, column):
    @searched
    @given(st.lists(scalars[column], min_size=1, max_size=25))
    def check(literals):
        first, second, third = round_trip(server, file, column, literals)
        assert first == second == third

    check()


def literal(nested):
    """An array literal that quotes everything."""
    if nested is None:
        return "NULL"
    if isinstance(nested, str):
        return '"' + nested.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "{" + ",".join(map(literal, nested)) + "}"


def boxes(element):
    """Arrays of one and two dimensions, each a box."""
    cell = st.none() | element
    flat = st.lists(cell, max_size=4)
    square = st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=3)
    )
    return (flat | square).map(literal)


@pytest.mark.parametrize("element", elements, ids=identify)
def test_an_array_of_postgresql_has_the_same_text_in_sqlite_and_back(server, file, element):
    @searched
    @given(st.lists(boxes(scalars[element]), min_size=1, max_size=10))
    @example(["{}", "[0:1]={%s,NULL}" % ("1" if element in (INTEGER, DECIMAL, FLOAT) else "NULL")])
    def check(literals):
        first, second, third = round_trip(server, file, of(element), literals)
        assert first == second == third

    check()


anything = (
    st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([0, 1])
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.binary(min_size=16, max_size=16)
    | numbers
    | floats
    | dates
    | stamps
    | instants
    | clocks
    | json_texts
    | st.from_regex(r"P(-?\d{1,4}[YMWD]){0,3}(T(-?\d{1,4}[HM])?(-?\d{1,3}\.\d{1,7}S)?)?", fullmatch=True)
    | st.from_regex(r"\{\s?(\"?[a-z0-9\\ ]{0,3}\"?,?){0,3}\}", fullmatch=True)
    | st.from_regex(r"\d{4,6}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?(\.\d{1,7})?)?(Z|[+-]\d\d:?\d\d)?", fullmatch=True)
    | st.uuids().map(lambda u: str(u).upper())
    | st.uuids().map(lambda u: u.hex)
    | st.sampled_from(
        ["TRUE", "f", "NULL", "\0", "a\0b", "2023-02-29", "24:00:00", "1e999999", '{"a":"\\ud800"}', "{NULL}"]
    )
)


@pytest.mark.parametrize(
    "column", [*(c for c in scalars if c not in (SINGLE, MOOD, INET)), *map(of, elements)], ids=identify
)
def test_what_sqlite_calls_a_value_is_one_in_postgresql_with_the_same_text(server, file, column):
    @searched
    @given(st.lists(anything, min_size=1, max_size=25))
    def check(values):
        taken = [text for text in texts_in_sqlite(file, column, values) if text is not None and not unfit(column, text)]
        if column is PADDED:
            taken = [text for text in taken if len(text) <= 9]
        assert texts_of_values(server, column, taken) == taken

    check()


def test_an_integer_beyond_64_bits_is_none_on_either_side(server, file):
    held = [2**63 - 1, -(2**63)]
    beyond = [2**63, -(2**63) - 1, "9" * 5000]

    for column, form in ((INTEGER, "{}"), (of(INTEGER), "{{{}}}")):
        texts = [form.format(number) for number in (*held, *beyond)]
        found = texts_in_sqlite(file, column, texts)
        assert found == texts[:2] + [f"\\!t{text}" for text in texts[2:]]
        assert texts_of_values(server, column, found[:2]) == found[:2]
        assert all(unfit(column, text) for text in found[2:])


@searched
@given(anything)
def test_any_value_of_sqlite_comes_back_as_it_was(value):
    for column in (kind("", TypeKind.ANY), DATE, UUID):
        text = canonical(column, value)
        if text.startswith("\\!") or column.kind is TypeKind.ANY:
            assert repr(native(column, text)) in (repr(value), "0.0" if value == 0 else None)


def test_what_is_no_value_of_its_kind_is_told_from_every_value(file):
    broken = b"caf\xe9\\"
    file.execute("CREATE TEMP TABLE broken (t TEXT)")
    file.execute("INSERT INTO broken VALUES (CAST(? AS TEXT))", [broken])
    (read,) = file.execute("SELECT t FROM broken").fetchone()
    (text,) = file.execute(f"SELECT {in_sqlite.text_of('t', TEXT)} FROM broken").fetchone()
    file.execute("DROP TABLE broken")

    assert text == canonical(TEXT, read) == "caf\\xe9\\\\"
    assert native(TEXT, text) == broken
    assert unfit(TEXT, text) == "it is not UTF-8"
    assert canonical(TEXT, "a\0\\") == "a\\0\\\\"
    assert unfit(TEXT, "a\\0") == "it holds a NUL character"
    assert unfit(TEXT, "a\\\\0") == ""
    assert canonical(INTEGER, "abc") == "\\!tabc"
    assert unfit(INTEGER, "\\!tabc") == "it is no value of type bigint"
    assert canonical(TEXT, b"\x00") == "\\!b00"
    assert canonical(INTEGER, None) is None


def test_utf_16_files_are_read_as_their_characters():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA encoding = 'UTF-16le'")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES ('é𝄞')")
    in_sqlite.register(connection)

    assert connection.execute(f"SELECT {in_sqlite.text_of('a', TEXT)} FROM t").fetchone() == ("é𝄞",)
    connection.close()


conversions = [
    (BOOLEAN, INTEGER, ["true", "false"]),
    (INTEGER, BOOLEAN, ["0", "1", "2"]),
    (INTEGER, DECIMAL, ["0", "-7"]),
    (INTEGER, FLOAT, ["0", "-7", str(2**53), str(2**53 + 1), str(2**62), str(2**63 - 1)]),
    (FLOAT, DECIMAL, ["0.1", "-0", "1e23", "NaN", "123456789012345680"]),
    (FLOAT, INTEGER, ["1", "1.5", "123456789012345680", "1e19", "Infinity"]),
    (DECIMAL, INTEGER, ["1", "1.5", *map(str, (2**63 - 1, 2**63, -(2**63), -(2**63) - 1)), "NaN", "Infinity"]),
    (INTEGER, TEXT, ["0", "-7"]),
    (FLOAT, TEXT, ["0.5", "-0", "1e23"]),
]


@pytest.mark.parametrize(("held", "wanted", "literals"), conversions, ids=lambda c: getattr(c, "native", ""))
def test_a_value_becomes_the_same_of_another_kind_on_both_sides(server, file, held, wanted, literals):
    values = [native(held, text) for text in texts_of_literals(server, held, literals)]

    assert texts_of_literals(server, held, literals, wanted) == texts_in_sqlite(file, wanted, values)


def test_texts_of_one_value_differ_only_where_the_value_does(server):
    assert texts_of_literals(server, DECIMAL, ["1.10", "1.1", "100", "1e2", "-0.0"]) == [
        "1.1",
        "1.1",
        "100",
        "100",
        "0",
    ]
    assert texts_of_literals(server, FLOAT, ["-0", "0"]) == ["0", "0"]
    assert texts_of_literals(server, PADDED, ["a", "a  "]) == ["a", "a"]
    assert texts_of_literals(server, JSONB, ['{"a":1, "b":2}', '{"b":2,"a":1}']) == ['{"a": 1, "b": 2}'] * 2
    assert texts_of_literals(server, JSON, ['{"a":1}'], JSONB) == ['{"a": 1}']
    assert texts_of_literals(server, JSON, ['"\\u0000"'], JSONB) == ['\\!t"\\\\u0000"']
    assert texts_of_literals(server, INSTANT, ["2020-01-01 02:00+02"], TIMESTAMP) == ["2020-01-01 00:00:00"]
    assert texts_of_literals(server, DECIMAL, ["1.5", "2.0", "NaN"], INTEGER) == ["\\!t1.5", "2", "\\!tNaN"]
    assert texts_of_literals(server, BOOLEAN, ["true"], kind("", TypeKind.ANY)) == ["i1"]
    inets = ["10.1.2.3", "10.1.2.3/32", "10.0.0.0/8"]
    assert texts_of_literals(server, INET, inets) == ["10.1.2.3", "10.1.2.3", "10.0.0.0/8"]
    assert texts_of_literals(server, INET, [None]) == [None]
    assert texts_of_literals(server, JSONB, ['"\\""'], TEXT) == ['"\\\\""']
