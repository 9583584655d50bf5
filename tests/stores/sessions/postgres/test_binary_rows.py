import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.postgres import binary_rows
from migrations_app.stores.sessions.postgres.binary_rows import HEADER, TRAILER, Rows
from migrations_app.stores.sessions.postgres.columns import Column
from migrations_app.stores.sessions.postgres.table import own_columns
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version


def fields(payload):
    """Rows of fields, read back from the binary format."""
    assert payload.startswith(HEADER)
    assert payload.endswith(TRAILER)
    at, rows = len(HEADER), []
    while payload[at : at + 2] != TRAILER or at + 2 < len(payload):
        count, row = int.from_bytes(payload[at : at + 2], "big"), []
        at += 2
        for _ in range(count):
            length = int.from_bytes(payload[at : at + 4], "big", signed=True)
            at += 4
            row.append(None if length < 0 else payload[at : at + length])
            at += max(length, 0)
        rows.append(row)
    return rows


def number(value):
    return None if value is None else value.to_bytes(8, "big")


def test_rows_hold_every_part_in_the_order_of_the_columns():
    rows = Rows(list(own_columns("bytea").values()))
    full = SessionRecord("ü", b"v", Codec.JSON, 1, 2, 3, 4, {"a": 1}, Version(5, 6))

    (one, two) = fields(rows.encode([full, SessionRecord("b", b"")]))

    assert [column.part for column in rows.columns][:4] == ["key", "value", "expires_at", "codec"]
    assert one == [
        "ü".encode(),
        b"v",
        number(4),
        b"json",
        number(1),
        number(2),
        number(3),
        b'\x01{"a": 1}',
        number(5),
        number(6),
    ]
    assert two == [b"b", b"", None, b"opaque", None, None, None, None, number(0), number(0)]


def test_one_version_for_all():
    rows = Rows(list(own_columns("bytea").values()))
    records = [SessionRecord("a", b"", version=Version(1, 1)), SessionRecord("b", b"", extra={"x": 1})]

    assert [row[-2:] for row in fields(rows.encode(records, Version(7, 8)))] == [[number(7), number(8)]] * 2
    assert [row[-2:] for row in fields(rows.encode(records))] == [[number(1)] * 2, [number(0)] * 2]


def test_what_records_share_is_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr(binary_rows, "REMEMBERED", 3)
    rows = Rows(list(own_columns("bytea").values()))
    records = [SessionRecord(str(n), b"", created_at_ms=n % 7) for n in range(50)]

    assert [row[4] for row in fields(rows.encode(records))] == [number(n % 7) for n in range(50)]
    assert len(rows._remembered) <= 3


def test_a_table_of_two_columns():
    rows = Rows([Column("value", "v", "bytea"), Column("key", "k", "text")])

    assert fields(rows.encode([SessionRecord("a", b"x", expires_at_ms=5)])) == [[b"a", b"x"]]


def test_a_number_beyond_its_column_refuses_the_batch():
    rows = Rows(list(own_columns("bytea").values()))

    with pytest.raises(ValidationFailed, match="none of its batch"):
        rows.encode([SessionRecord("a", b"", expires_at_ms=2**63)])
