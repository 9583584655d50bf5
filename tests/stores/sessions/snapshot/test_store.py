import os
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import fence_class
from migrations_app.stores.sessions.records import Codec, Version
from migrations_app.stores.sessions.snapshot import sidecar
from migrations_app.stores.sessions.snapshot_file import write_record
from tests.stores.sessions.contract import StoreContract
from tests.stores.sessions.place import WORKER, ids, now_ms, scan_all
from tests.stores.sessions.snapshot.conftest import erlang_place, snapshot_place


class TestSnapshot(StoreContract):
    @pytest.fixture(params=["opaque", "json", "msgpack"])
    def place(self, request, tmp_path):
        return snapshot_place(tmp_path / "s.ndjson", request.param)


class TestErlangTerms(StoreContract):
    @pytest.fixture
    def place(self, tmp_path):
        return erlang_place(tmp_path / "s.etf")


def backup(path, records):
    with open(path, "wb") as stream:
        for record in records:
            write_record(stream, record)


def test_nothing_keeps_a_service_out_of_it(place):
    assert fence_class(place.config) == "none"


def test_a_backup_is_a_source(place):
    records = place.records(50)
    backup(place.config["path"], records)

    with place.open(read_only=True) as store:
        assert ids(scan_all(store, 7)) == ids(records)
        assert store.probe().exists
    assert os.listdir(os.path.dirname(place.config["path"])) == ["sessions.ndjson"]


def test_a_file_that_was_replaced_is_read_anew(place):
    backup(place.config["path"], place.records(3))
    with place.open() as store:
        before = store.probe()
        backup(f"{place.config['path']}.fresh", place.records(5))
        os.replace(f"{place.config['path']}.fresh", place.config["path"])
        after = store.probe()

    assert (before.count, after.count) == (3, 5)
    assert before.identity != after.identity


def test_the_file_is_made_and_unmade(place):
    path = place.config["path"]
    with place.open() as store:
        assert not store.probe().exists
        assert store.initialise(WORKER)
        assert (os.stat(path).st_mode & 0o777, os.path.getsize(path)) == (0o600, 0)
        store.drop_created(WORKER)
        store.clear_worker_fences("run:7:")
        assert not store.probe().exists

    assert os.listdir(os.path.dirname(path)) == []


def test_a_file_of_others_stays_when_it_is_empty(place):
    backup(place.config["path"], [])
    with place.open() as store:
        assert store.initialise(WORKER) is False
        store.drop_created(WORKER)

        assert store.probe().exists


def test_withdrawing_takes_fences_and_sidecar_away(place):
    backup(place.config["path"], place.records(2))
    with place.open() as store:
        store.raise_worker_fence(WorkerToken("run:7", 1))
        store.raise_worker_fence(WORKER)
        store.withdraw(WORKER, ["run:7"])

        assert not os.path.exists(place.config["path"] + sidecar.SUFFIX)
        with pytest.raises(LeaseLost):
            store.delete([], WORKER)


def test_opaque_values_of_the_file_are_read_as_the_target_says(tmp_path):
    opaque, json = (snapshot_place(tmp_path / "s.ndjson", codec) for codec in ("opaque", "json"))
    backup(opaque.config["path"], [opaque.record("bytes"), replace(json.record("json"), codec=Codec.OPAQUE)])

    with json.open() as store:
        page = store.scan("", 10)
        store.raise_worker_fence(WORKER)
        with pytest.raises(ValidationFailed, match="cannot hold 1 of 1"):
            store.apply([opaque.record("new")], WORKER)

    assert [(record.id, record.codec) for record in page.records] == [("json", Codec.JSON)]
    assert page.unreadable == [("bytes", "the value is not JSON")]


def test_a_damaged_line_stops_everything_and_is_named(place):
    backup(place.config["path"], place.records(2))
    with open(place.config["path"], "ab") as stream:
        stream.write(b'{"format":1,"id":"to')

    with place.open() as store:
        store.raise_worker_fence(WORKER)
        for look in (store.probe, lambda: store.scan("", 10), lambda: store.apply([place.record()], WORKER)):
            with pytest.raises(ValidationFailed, match="Line 3"):
                look()


def test_what_is_not_there_or_no_file_is_a_problem_of_the_path(place, tmp_path):
    folder = snapshot_place(tmp_path)
    nowhere = snapshot_place(tmp_path / "none" / "s.ndjson")
    for somewhere in (place, folder, nowhere):
        with somewhere.open() as store, pytest.raises(ValidationFailed) as caught:
            store.scan("", 10)
        assert [problem.field for problem in caught.value.problems] == ["config.path"]
    with nowhere.open() as store, pytest.raises(ValidationFailed):
        store.initialise(WORKER)


def test_a_writer_waits_for_the_lock_and_then_says_so(place):
    with place.ready() as store, place.open() as other:
        with (
            sidecar.held(place.config["path"]),
            pytest.raises(DependencyUnavailable, match="locked"),
            sidecar.held(place.config["path"], seconds=0.02),
        ):
            pass
        assert other.apply([place.record()], WORKER).written == 1
        assert store.count() == 1


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(place):
    with place.ready() as store:
        store.apply([place.record("held")], WORKER)
        before = Path(place.config["path"]).read_bytes()
        with pytest.raises(TypeError):
            store.apply([place.record("bad", extra={"x": object()})], WORKER)

        assert Path(place.config["path"]).read_bytes() == before
        assert sorted(os.listdir(os.path.dirname(place.config["path"]))) == [
            "sessions.ndjson",
            "sessions.ndjson.snakeweb",
        ]
        assert store.apply([place.record("next")], WORKER).written == 1
        assert ids(scan_all(store)) == ["held", "next"]


def test_of_a_session_that_is_there_twice_the_newest_counts_and_the_other_goes(place):
    older, newer = place.record("a", 1), place.record("a", 2, version=Version(7, 2))
    longer = replace(newer, expires_at_ms=now_ms() + 99_000_000)
    backup(place.config["path"], [newer, older, place.record("b"), longer])

    with place.open() as store:
        store.raise_worker_fence(WORKER)
        assert store.read(["a"]) == [longer]
        assert store.delete(["a"], WORKER) == 1

    with place.open() as store:
        assert ids(scan_all(store)) == ["b"]
