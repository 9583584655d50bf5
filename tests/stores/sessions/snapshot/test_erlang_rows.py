"""Rows of a node taken apart, and our own put together, at the edges of what a file may hold."""

import json
import random
import zlib
from dataclasses import replace

import erldistpy
import pytest
from erldistpy import Atom

from migrations_app.beam.terms import canonical
from migrations_app.stores.sessions.beam.rows import Clock, Unreadable
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.snapshot import erlang_rows
from migrations_app.stores.sessions.snapshot.erlang_rows import head_of, key_of, record_of, row_of, why_unrepresentable
from tests.stores.sessions.snapshot.erlang_files import OFFSET_MS, encoded, row, session

CLOCK = Clock(OFFSET_MS, -576_460_000)
NOW_MS = CLOCK.unix_ms(CLOCK.now)
VALUE = encoded({Atom("metadata"): {b"n": 1}, b"id": 5})
RECORD = SessionRecord("s ü", VALUE, Codec.ETF, 5, 6, 3_600_000, NOW_MS + 1234, {"a": [1]}, Version(3, 4))


def packed(value):
    term = value[1:]
    return b"\x83P" + len(term).to_bytes(4, "big") + zlib.compress(term)


@pytest.mark.parametrize("clock", [CLOCK, Clock(0, NOW_MS // 1000)])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ttl_ms": None},
        {"ttl_ms": 0, "expires_at_ms": NOW_MS + 1},
        {"created_at_ms": None, "last_accessed_at_ms": None, "extra": {}, "version": Version(0, 0)},
        {"value": encoded({})},
        {"version": Version(2**62, 2**62)},
    ],
)
def test_a_record_comes_back_as_it_was(change, clock):
    record = replace(RECORD, **change)

    assert why_unrepresentable(record) == ""
    assert record_of(record.id, row_of(record, clock), clock) == record


def test_a_compressed_value_comes_back_as_what_it_means():
    record = replace(RECORD, value=packed(VALUE))

    back = record_of(record.id, row_of(record, CLOCK), CLOCK)

    assert back.content_hash() == RECORD.content_hash()


def test_a_row_as_a_node_reads_it_has_the_session_s_times_and_no_worker():
    name, beside, (accessed, ttl, content) = erldistpy.decode(row_of(RECORD, CLOCK))

    assert (name, ttl) == (RECORD.id.encode(), 3600)
    assert beside[3] == RECORD.expires_at_ms
    assert RECORD.expires_at_ms <= CLOCK.unix_ms(accessed + ttl + 1) < RECORD.expires_at_ms + 1000
    assert content[Atom("last_worker_id")] is None
    assert (content[Atom("id")], content[Atom("ttl")], content[Atom("last_accessed")]) == (name, ttl, accessed)
    assert content[Atom("created_at")] <= accessed
    assert content[b"id"] == 5


def test_a_node_s_row_is_its_session_without_place_and_times():
    data = encoded(row("s", {Atom("deep"): [(1, b"x")]}))

    record = record_of("s", data, CLOCK)

    assert key_of(data) == b"s"
    assert {atom.name for atom in erldistpy.decode(record.value)} == {"__struct__", "programs", "metadata", "stats"}
    assert (record.codec, record.ttl_ms, record.version, record.extra) == (Codec.ETF, 3_600_000, (0, 0), {})
    assert record.created_at_ms == record.last_accessed_at_ms - 60_000
    assert record.expires_at_ms == record.last_accessed_at_ms + 3_601_000
    assert record_of("s", packed(data), CLOCK) == record


NEAR = (1, 2, True, NOW_MS + 5000, b"{}")
ROW = (1, 60, session("s"))
BROKEN = {
    "no row": b"\x83j",
    "no term": b"\x83",
    "three parts of something": encoded((b"s", 1, ROW)),
    "four parts": encoded((b"s", NEAR, ROW, 1)),
    "times": encoded((b"s", (b"1", 60, session("s")))),
    "a negative length": encoded((b"s", (1, -60, session("s")))),
    "a time out of every range": encoded((b"s", (10**13, 60, session("s")))),
    "a session that is none": encoded((b"s", (1, 60, [1]))),
    "a session without its creation": encoded((b"s", (1, 60, {Atom("id"): b"s"}))),
    "a creation of text": encoded((b"s", (1, 60, session("s", created_at=b"x")))),
    "something behind": encoded((b"s", ROW)) + b"j",
    "a beside that is short": encoded((b"s", NEAR[:4], ROW)),
    "a beside with a text for a number": encoded((b"s", (b"1", *NEAR[1:]), ROW)),
    "a beside that is no JSON": encoded((b"s", (*NEAR[:4], b"{"), ROW)),
    "a beside that is deep JSON": encoded((b"s", (*NEAR[:4], b"[" * 100_000), ROW)),
    "a beside that is a list": encoded((b"s", (*NEAR[:4], b"[1]"), ROW)),
    "a beside with extra that is none": encoded((b"s", (*NEAR[:4], b'{"extra":[]}'), ROW)),
    "a beside with a time of text": encoded((b"s", (*NEAR[:4], b'{"last_accessed_at_ms":"x"}'), ROW)),
    "a deadline out of every range": encoded((b"s", (1, 2, True, 10**15, b"{}"), ROW)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_row_of_a_session_is_named(name):
    with pytest.raises(Unreadable):
        record_of("s", BROKEN[name], CLOCK)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": Codec.OPAQUE}, "not an Erlang map"),
        ({"value": encoded([1])}, "not an Erlang map"),
        ({"value": packed(encoded([1] * 300))}, "no map"),
        ({"value": VALUE[:-1]}, "cut off"),
        ({"value": encoded({Atom("ttl"): 1, Atom("id"): 2})}, "id, ttl"),
        ({"value": encoded({b"x": b"x" * erlang_rows.SESSION_BYTES})}, "15 MiB"),
        ({"value": packed(encoded({b"x": b"x" * erlang_rows.SESSION_BYTES}))}, "15 MiB"),
        ({"extra": {"x": "x" * erlang_rows.SESSION_BYTES}}, "15 MiB"),
        ({"expires_at_ms": None}, "never ends"),
        ({"expires_at_ms": 10**15}, "range"),
        ({"created_at_ms": -(10**15)}, "range"),
        ({"ttl_ms": 1500}, "finer than a second"),
        ({"id": "session_1_2"}, "workers"),
    ],
)
def test_what_a_row_cannot_hold_is_said(change, reason):
    assert reason in why_unrepresentable(replace(RECORD, **change))


def test_bytes_that_nobody_writes_raise_nothing_else():
    randomly = random.Random(1)  # noqa: S311 - test data
    for good in (encoded(row("s", {b"a": [Atom("b"), 1]})), row_of(RECORD, CLOCK)):
        for _ in range(2000):
            bad = bytearray(good[: randomly.randrange(1, len(good))] if randomly.random() < 0.2 else good)
            for _ in range(randomly.randrange(1, 4)):
                bad[randomly.randrange(len(bad))] = randomly.randrange(256)
            key_of(bytes(bad))
            try:
                record = record_of("s", bytes(bad), CLOCK)
            except Unreadable:
                continue
            json.dumps(dict(record.extra))
            assert head_of(bytes(bad)).ttl >= 0
            assert canonical(RECORD.value)
