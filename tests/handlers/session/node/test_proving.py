"""Differences that marks explain are carried, others are mended, and what stays different is named."""

import sqlite3
from contextlib import closing

import pytest

from migrations_app.engine.errors import DataCorruption
from migrations_app.handlers.session.node.proving import prove
from migrations_app.stores.sessions.records import Version
from tests.handlers.session.node.conftest import World


def ticks():
    seen: list[int] = []
    return seen, seen.append


def test_equal_sides_need_no_repair(quiet: World, follower):
    quiet.create(*(f"s{n}" for n in range(30)))
    follower.copy_all()
    seen, tick = ticks()

    found = prove(follower, tick)

    assert (found.compared, found.repaired) == (30, 0)
    assert seen[-1] == 30


def test_what_no_mark_explains_is_mended_on_the_copy(quiet: World, follower):
    quiet.create("a", "b", "c")
    follower.until_none()
    (copy,) = follower.replica.read(["a"])
    strange = copy.__class__(**{field: getattr(copy, field) for field in copy.__slots__} | {"id": "extra"})
    follower.replica.delete(["b"], follower.ctx.worker)
    follower.replica.apply([strange], follower.ctx.worker, version=Version(99, 1))

    found = prove(follower, lambda _: None)

    assert found.repaired == 2
    assert follower.replica.scan_ids("", 10).ids == ["a", "b", "c"]


def test_what_stays_different_is_named_by_its_fingerprint(quiet: World, follower):
    quiet.create("a")
    follower.until_none()
    table = "snakeweb_sessions"
    with closing(sqlite3.connect(quiet.move.target.config["path"])) as connection:
        connection.execute(
            f"CREATE TRIGGER spoil AFTER UPDATE ON {table} WHEN NEW.ttl_ms <> 7000 "  # noqa: S608
            f"BEGIN UPDATE {table} SET ttl_ms = 7000 WHERE key = NEW.key; END"
        )
        connection.execute(f"UPDATE {table} SET ttl_ms = 5000")  # noqa: S608
        connection.commit()

    with pytest.raises(DataCorruption) as caught:
        prove(follower, lambda _: None)

    assert "1 session(s)" in caught.value.message
    assert "“a”" not in caught.value.message
    assert len(caught.value.details["fingerprints"][0]) == 12
