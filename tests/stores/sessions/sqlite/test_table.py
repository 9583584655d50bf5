import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.errors import ValidationFailed
from tests.stores.sessions.place import WORKER, now_ms
from tests.stores.sessions.sqlite.conftest import DJANGO, DJANGO_TABLE, sqlite_place


def test_rows_that_django_wrote_are_read(tmp_path):
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
    place = sqlite_place(tmp_path / "d.db", DJANGO_TABLE, table="django_session", value_type="text", columns=DJANGO)
    with sqlite3.connect(tmp_path / "d.db") as connection:
        rows = [("live", "eyJ:x", str(later)), ("old", "x", "2020-01-01 00:00:00"), ("bad", "x", "9 o'clock")]
        connection.executemany("INSERT INTO django_session VALUES (?, ?, ?)", rows)
    connection.close()

    with place.open(read_only=True) as store:
        page = store.scan("", 10)

    (record,) = page.records
    assert (record.id, record.value) == ("live", b"eyJ:x")
    assert abs(record.expires_at_ms - now_ms() - 3_600_000) < 5_000
    assert page.unreadable == [("bad", "a column holds what its unit does not allow")]


def test_a_missing_table_is_named(tmp_path):
    place = sqlite_place(tmp_path / "e.db", "CREATE TABLE x (a)", table="django_session", columns=DJANGO)
    with place.open() as store:
        probe = store.probe()
        for call in (store.count, lambda: store.initialise(WORKER)):
            with pytest.raises(ValidationFailed, match="There is no table"):
                call()

    assert (probe.exists, probe.writable) == (False, False)


@pytest.mark.parametrize(
    ("ddl", "columns", "words"),
    [
        ("k TEXT PRIMARY KEY, v BLOB", {"value": "w"}, "no column “w”"),
        ("k TEXT, v BLOB", {}, "no unique index"),
        ("k TEXT UNIQUE, v BLOB, n INT NOT NULL", {}, "must be filled"),
    ],
)
def test_a_table_unlike_its_configuration_is_described(tmp_path, ddl, columns, words):
    place = sqlite_place(
        tmp_path / "t.db", f"CREATE TABLE t ({ddl})", table="t", columns={"key": "k", "value": "v"} | columns
    )
    with place.open() as store, pytest.raises(ValidationFailed) as caught:
        store.count()

    assert [words in problem.message for problem in caught.value.problems] == [True]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"id": ""}, "id is empty"),
        ({"value": b"\xff"}, "not UTF-8"),
        ({"expires_at_ms": None}, "no expires_at"),
        ({"expires_at_ms": 2**60}, "beyond"),
        ({"ttl_ms": 1500}, "finer than the seconds"),
    ],
)
def test_what_the_table_cannot_hold_is_refused_whole(tmp_path, parts, reason):
    ddl = "CREATE TABLE t (k TEXT UNIQUE, v TEXT, x datetime NOT NULL, ttl INT)"
    columns = {"key": "k", "value": "v", "expires_at": "x", "ttl": {"column": "ttl", "unit": "s"}}
    place = sqlite_place(tmp_path / "t.db", ddl, table="t", value_type="text", columns=columns)
    bad = replace(place.record("secret-id"), **parts)
    with place.ready() as store:
        assert reason in store.why_unrepresentable(bad)
        with pytest.raises(ValidationFailed) as caught:
            store.apply([place.record("good", ttl_ms=2000), bad], WORKER)

        assert "secret-id" not in str(caught.value.as_dict())
        assert store.count() == 0
        assert store.apply([place.record("good", ttl_ms=2000)], WORKER).written == 1
        assert store.read(["good"])[0].ttl_ms == 2000


def test_a_rule_of_the_table_refuses_without_telling_the_content(tmp_path):
    ddl = "CREATE TABLE t (k TEXT UNIQUE, v BLOB CHECK (length(v) < 9))"
    place = sqlite_place(tmp_path / "t.db", ddl, table="t", columns={"key": "k", "value": "v"})
    with place.ready() as store, pytest.raises(ValidationFailed, match="refuses a record") as caught:
        store.apply([place.record("secret-id", "x" * 20)], WORKER)

    assert "secret-id" not in str(caught.value.as_dict())
