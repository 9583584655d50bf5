"""What holds for every session store in every layout. A subclass gives the place: configuration, secrets, codec."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgpack
import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.applying import Held, Verdict, later, verdict
from migrations_app.stores.sessions.base import WHOLE, Partition, SessionStore
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version

WORKER = WorkerToken("run:7:0", 3)
HOUR = 3_600_000


def now_ms() -> int:
    return int(time.time() * 1000)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


@dataclass
class Place:
    """Where a test's sessions lie. `tolerance_ms`: how exactly deadlines are read."""

    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    codec: Codec = Codec.OPAQUE
    text_values: bool = False
    tolerance_ms: int = 0

    def open(self, *, read_only: bool = False) -> SessionStore:
        return open_store(self.config, self.secrets, read_only=read_only)

    @contextmanager
    def ready(self) -> Iterator[SessionStore]:
        """Opened, initialised, with the fence of WORKER raised."""
        with self.open() as store:
            store.initialise(WORKER)
            yield store

    def value(self, content: Any = 1) -> bytes:
        if self.codec is Codec.MSGPACK:
            packed: bytes = msgpack.packb({"n": content})
            return packed
        if self.codec is Codec.JSON or self.text_values:
            return json.dumps({"n": content}).encode()
        return b"\x00\xff" + str(content).encode()

    def record(self, session_id: str = "one", content: Any = 1, **parts: Any) -> SessionRecord:
        parts = {"expires_at_ms": now_ms() + HOUR, "version": Version(7, 1)} | parts
        return SessionRecord(session_id, self.value(content), self.codec, **parts)

    def records(self, count: int, **parts: Any) -> list[SessionRecord]:
        randomly = random.Random(count)  # noqa: S311 - test data
        return [self.record(f"{randomly.getrandbits(64):016x}", n, **parts) for n in range(count)]


def scan_all(store: SessionStore, limit: int = 40, partition: Partition = WHOLE) -> list[SessionRecord]:
    found, cursor = [], ""
    while True:
        page = store.scan(cursor, limit, partition)
        assert len(page.records) <= limit
        found += page.records
        if page.last:
            return found
        cursor = page.cursor


def ids(records: Sequence[SessionRecord | None]) -> list[str]:
    return sorted(record.id for record in records if record is not None)


class StoreContract:
    """Subclass it and give a `place` fixture."""

    def test_a_record_comes_back_whole(self, place: Place) -> None:
        record = place.record(
            "id ü€😀",
            created_at_ms=1_700_000_000_123,
            last_accessed_at_ms=1_700_000_001_456,
            ttl_ms=1_800_000,
            extra={"user": "42", "raw": "AP8=", "nested": {"a": [1, None, "x"]}},
        )
        with place.ready() as store:
            store.apply([record], WORKER)
            (read,) = store.read([record.id])
            (scanned,) = scan_all(store)

        assert read is not None
        assert replace(read, expires_at_ms=0) == replace(scanned, expires_at_ms=0)
        assert read.expires_at_ms == pytest.approx(record.expires_at_ms, abs=place.tolerance_ms)
        assert replace(read, value=b"", expires_at_ms=0) == replace(record, value=b"", expires_at_ms=0)
        assert read.canonical_value() == record.canonical_value()
        assert read.content_hash() == record.content_hash()

    def test_a_record_of_few_parts_comes_back_whole(self, place: Place) -> None:
        record = place.record(version=UNVERSIONED)
        with place.ready() as store:
            store.apply([record], WORKER)

            (read,) = store.read(["one"])

        assert read is not None
        assert (read.created_at_ms, read.ttl_ms, read.extra, read.version) == (None, None, {}, UNVERSIONED)
        assert read.content_hash() == record.content_hash()

    def test_read_keeps_the_order_and_names_what_is_missing(self, place: Place) -> None:
        with place.ready() as store:
            store.apply([place.record("a"), place.record("b")], WORKER)

            found = store.read(["b", "none", "a", "b"])

        assert [record and record.id for record in found] == ["b", None, "a", "b"]

    def test_a_big_value_comes_back(self, place: Place) -> None:
        record = place.record(content="x" * 3_000_000)
        with place.ready() as store:
            store.apply([record, place.record("small")], WORKER)

            (read, _) = store.read(["one", "small"])
            scanned = scan_all(store)

        assert read is not None
        assert read.canonical_value() == record.canonical_value()
        assert ids(scanned) == ["one", "small"]

    def test_a_scan_goes_on_in_another_process_while_sessions_come_and_go(self, place: Place) -> None:
        records = place.records(300)
        with place.ready() as store:
            store.apply(records, WORKER)
            seen, cursor = [], ""
            for _ in range(3):
                page = store.scan(cursor, 20)
                seen += page.records
                cursor = page.cursor
                assert not page.last
        unseen = sorted({record.id for record in records} - {record.id for record in seen})
        gone, kept = unseen[:50], unseen[50:]
        with place.open() as store:
            store.delete(gone, WORKER)
            store.apply([place.record(f"{n:016x}new") for n in range(50)], WORKER)
        with place.open() as store:
            while True:
                page = store.scan(cursor, 20)
                seen += page.records
                if page.last:
                    break
                cursor = page.cursor

        assert set(kept) <= {record.id for record in seen}
        assert not set(gone) & {record.id for record in seen}

    def test_a_key_inserted_behind_the_cursor_does_not_disturb_the_scan(self, place: Place) -> None:
        records = place.records(60)
        with place.ready() as store:
            store.apply(records, WORKER)
            page = store.scan("", 20)
            store.apply([place.record("\u0001behind"), place.record("0000000000000000")], WORKER)
            seen = list(page.records)
            while not page.last:
                page = store.scan(page.cursor, 20)
                seen += page.records

        assert {record.id for record in records} <= {record.id for record in seen}

    def test_cursors_hold_no_whole_session_id(self, place: Place) -> None:
        records = place.records(100)
        with place.ready() as store:
            store.apply(records, WORKER)
            page, cursors = store.scan("", 7), []
            while not page.last:
                cursors.append(page.cursor)
                page = store.scan(page.cursor, 7)

        assert len(cursors) >= 10
        assert not [record.id for record in records if any(record.id in cursor for cursor in cursors)]

    def test_a_page_may_be_empty_without_being_the_last(self, place: Place) -> None:
        elsewhere = [record for record in place.records(200) if Partition(0, 7).holds(record.id)]
        strange = next(r for r in place.records(201) if Partition(1, 7).holds(r.id))
        with place.ready() as store:
            store.apply([replace(r, id=f"a{n}{r.id}") for n, r in enumerate(elsewhere)] + [strange], WORKER)
            wanted = [r for r in scan_all(store) if Partition(3, 7).holds(r.id)]
            page = store.scan("", 1, Partition(3, 7))
            pages = [page]
            while not page.last:
                page = store.scan(page.cursor, 1, Partition(3, 7))
                pages.append(page)

        assert any(not page.records and not page.last for page in pages)
        assert ids([r for page in pages for r in page.records]) == ids(wanted)

    def test_an_empty_store_has_one_empty_last_page(self, place: Place) -> None:
        with place.ready() as store:
            page = store.scan("", 10)

            assert (list(page.records), page.last, store.count()) == ([], True, 0)
            assert store.digest().count == 0

    def test_partitions_share_the_sessions_out(self, place: Place) -> None:
        records = place.records(120)
        with place.ready() as store:
            store.apply(records, WORKER)
            parts = [scan_all(store, 10, Partition(index, 3)) for index in range(3)]

        assert sorted(name for part in parts for name in ids(part)) == ids(records)
        assert all(len(part) > 20 for part in parts)

    def test_a_session_that_expires_meanwhile_is_gone(self, place: Place) -> None:
        deadline = now_ms() + 500
        with place.ready() as store:
            lasting = place.record("lasting")
            assert store.apply([place.record("short", expires_at_ms=deadline), lasting], WORKER).written == 2
            assert store.count() == 2

            wait_until(lambda: store.read(["short"]) == [None])

            assert now_ms() >= deadline
            assert ids(scan_all(store)) == ["lasting"]
            assert store.count() == 1
            assert store.digest().count == 1

    def test_a_past_deadline_is_refused(self, place: Place) -> None:
        with place.ready() as store:
            late = place.record("late", expires_at_ms=now_ms() - 1_500)
            applied = store.apply([late, place.record("fresh")], WORKER)
            again = store.apply([replace(late, id="fresh", version=Version(9, 9))], WORKER)

            assert (applied.written, applied.refused) == (1, 1)
            assert (again.written, again.refused) == (0, 1)
            assert store.read(["late"]) == [None]
            (fresh,) = store.read(["fresh"])
            assert fresh is not None
            assert fresh.version == (7, 1)

    def test_only_a_newer_version_replaces(self, place: Place) -> None:
        with place.ready() as store:
            store.apply([place.record(content="held", version=Version(7, 5))], WORKER)

            outcomes = [
                store.apply([place.record(content=f"{version}", version=version)], WORKER).written
                for version in (Version(6, 9), Version(7, 4), Version(7, 5), Version(7, 6), Version(8, 0))
            ]
            (read,) = store.read(["one"])

        assert outcomes == [0, 0, 0, 1, 1]
        assert read is not None
        assert read.canonical_value() == place.record(content="Version(epoch=8, seq=0)").canonical_value()

    def test_an_unversioned_record_always_replaces(self, place: Place) -> None:
        with place.ready() as store:
            store.apply([place.record(version=Version(7, 5))], WORKER)
            written = store.apply([place.record(content="plain", version=UNVERSIONED)], WORKER).written
            (read,) = store.read(["one"])

        assert written == 1
        assert read is not None
        assert read.version == UNVERSIONED

    def test_a_batch_can_be_written_under_one_version(self, place: Place) -> None:
        batch = [place.record("a", 1), place.record("b", 2, version=UNVERSIONED), place.record("a", 3)]
        with place.ready() as store:
            applied = store.apply(batch, WORKER, version=Version(8, 2))
            again = store.apply(batch, WORKER, version=Version(8, 1))
            found = store.read(["a", "b"])

        assert (applied.written, applied.refused, again.written) == (2, 1, 0)
        assert [record and record.version for record in found] == [Version(8, 2)] * 2
        assert found[0] is not None
        assert found[0].canonical_value() == batch[0].canonical_value()

    def test_an_equal_version_raises_the_deadline_and_nothing_else(self, place: Place) -> None:
        soon = now_ms() // 1000 * 1000 + 10_000
        with place.ready() as store:
            held = place.record(content="held", expires_at_ms=soon + 5_000)
            store.apply([held], WORKER)

            def after(deadline: int) -> SessionRecord:
                outcome = store.apply([place.record(content="other", expires_at_ms=deadline)], WORKER)
                assert (outcome.written, outcome.refused) == (0, 1)
                (read,) = store.read(["one"])
                assert read is not None
                assert read.content_hash() == held.content_hash()
                return read

            near = place.tolerance_ms
            assert after(soon).expires_at_ms == pytest.approx(soon + 5_000, abs=near)
            assert after(soon + 60_000).expires_at_ms == pytest.approx(soon + 60_000, abs=near)

    def test_what_arrives_twice_in_one_batch_is_written_once(self, place: Place) -> None:
        older, newer = place.record(content="older"), place.record(content="newer", version=Version(7, 2))
        with place.ready() as store:
            applied = store.apply([older, newer, older], WORKER)
            (read,) = store.read(["one"])

        assert applied.written + applied.refused == 3
        assert read is not None
        assert read.content_hash() == newer.content_hash()

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_any_order_of_writes_ends_as_the_rule_says(self, place: Place, seed: int) -> None:
        randomly = random.Random(seed)  # noqa: S311 - test data
        base, model = now_ms() // 1000 * 1000 + HOUR, dict[str, SessionRecord]()
        with place.ready() as store:
            for step in range(12):
                batch = [
                    place.record(
                        name,
                        f"{step}",
                        version=randomly.choice([UNVERSIONED, *(Version(1, n) for n in range(1, 5))]),
                        expires_at_ms=base + 1000 * randomly.randrange(9),
                    )
                    for name in randomly.sample("abcdefgh", randomly.randrange(1, 6))
                ]
                if randomly.random() < 0.25:
                    gone = randomly.sample("abcdefgh", 3)
                    assert store.delete(gone, WORKER) == sum(name in model for name in gone)
                    model = {name: record for name, record in model.items() if name not in gone}
                written = sum(_apply_to(model, record) for record in batch)
                assert store.apply(batch, WORKER).written == written
            found = {record.id: record for record in scan_all(store, 3)}

        assert found.keys() == model.keys()
        for name, record in model.items():
            assert (found[name].version, found[name].content_hash()) == (record.version, record.content_hash())
            assert found[name].expires_at_ms == pytest.approx(record.expires_at_ms, abs=place.tolerance_ms)

    def test_a_stale_worker_writes_nothing(self, place: Place) -> None:
        with place.ready() as store, place.open() as stale:
            store.apply([place.record("held")], WORKER)
            stale.read(["held"])
            successor = replace(WORKER, token=WORKER.token + 1)
            store.raise_worker_fence(successor)

            for write in (
                lambda: stale.apply([place.record("new"), place.record("held", version=Version(9, 9))], WORKER),
                lambda: stale.apply([], WORKER),
                lambda: stale.delete(["held"], WORKER),
                lambda: stale.raise_worker_fence(WORKER),
                lambda: stale.drop_created(WORKER),
                lambda: stale.initialise(WORKER),
            ):
                with pytest.raises(LeaseLost):
                    _with_new_connections(write)

            assert ids(scan_all(store)) == ["held"]
            assert store.read(["held"])[0].version == (7, 1)  # type: ignore[union-attr]
            assert store.apply([place.record("mine")], successor).written == 1

    def test_fences_are_seen_by_every_connection_and_apply_to_their_scope_alone(self, place: Place) -> None:
        other = WorkerToken("run:7:1", 1)
        with place.ready() as store, place.open() as elsewhere:
            store.raise_worker_fence(other)
            elsewhere.raise_worker_fence(replace(WORKER, token=50))

            assert elsewhere.apply([place.record("a")], other).written == 1
            with pytest.raises(LeaseLost):
                _with_new_connections(lambda: store.apply([place.record("b")], WORKER))
            assert ids(scan_all(elsewhere)) == ["a"]

    def test_a_forgotten_or_unknown_fence_refuses(self, place: Place) -> None:
        with place.ready() as store:
            with pytest.raises(LeaseLost):
                store.apply([place.record()], WorkerToken("run:99:0", 1))
            store.raise_worker_fence(WorkerToken("run:70:0", 1))
            store.clear_worker_fences("run:7:")

            with pytest.raises(LeaseLost):
                store.apply([place.record()], WORKER)
            assert store.apply([place.record("other run")], WorkerToken("run:70:0", 1)).written == 1
            store.clear_worker_fences("run:70:")
            with pytest.raises(LeaseLost):
                store.delete(["other run"], WorkerToken("run:70:0", 1))
            assert ids(scan_all(store)) == ["other run"]

    def test_raising_the_same_token_again_is_no_error(self, place: Place) -> None:
        with place.ready() as store:
            store.raise_worker_fence(WORKER)

            assert store.apply([place.record()], WORKER).written == 1

    def test_delete_counts_what_was_there_and_forgets_its_version(self, place: Place) -> None:
        with place.ready() as store:
            store.apply([place.record("a"), place.record("b")], WORKER)

            assert store.delete(["a", "none"], WORKER) == 1
            assert store.delete([], WORKER) == 0
            assert store.read(["a"]) == [None]
            assert store.apply([place.record("a", version=Version(1, 1))], WORKER).written == 1

    def test_initialise_tells_a_repeat_the_same(self, place: Place) -> None:
        with place.open() as store:
            first = store.initialise(WORKER)

            assert store.initialise(WORKER) == first
            assert store.initialise(WorkerToken("run:8:0", 1)) is False

    def test_dropping_leaves_a_table_with_sessions(self, place: Place) -> None:
        with place.ready() as store:
            record = place.record()
            store.apply([record], WORKER)

            store.drop_created(WORKER)

            assert store.count() == 1
            (read,) = store.read(["one"])
            assert read is not None
            assert read.canonical_value() == record.canonical_value()

    def test_the_digest_tells_contents_apart_whatever_the_order(self, place: Place) -> None:
        records = place.records(30)
        with place.ready() as store:
            store.apply(records[:10], WORKER)
            store.apply(records[:9:-1], WORKER)
            before = store.digest()
            total = 0
            for index in range(4):
                total ^= int(store.digest(Partition(index, 4)).digest, 16)
            store.apply([replace(records[3], value=place.value("changed"), version=Version(8, 1))], WORKER)

            assert before.count == 30
            assert f"{total:064x}" == before.digest
            assert store.digest().digest != before.digest

    def test_a_read_only_store_reads_and_cannot_write(self, place: Place) -> None:
        with place.ready() as store, place.open(read_only=True) as reader:
            store.apply([place.record()], WORKER)

            assert ids(scan_all(reader)) == ["one"]
            assert reader.count() == 1
            assert reader.probe().count == 1
            for write in (
                lambda: reader.apply([place.record("new")], WORKER),
                lambda: reader.delete(["one"], WORKER),
                lambda: reader.initialise(WORKER),
                lambda: reader.drop_created(WORKER),
                lambda: reader.raise_worker_fence(WORKER),
                lambda: reader.clear_worker_fences("run:7:"),
            ):
                with pytest.raises(ValidationFailed, match="read-only"):
                    write()
            assert ids(scan_all(store)) == ["one"]
            assert store.apply([place.record("two")], WORKER).written == 1

    def test_a_probe_describes_the_store(self, place: Place) -> None:
        with place.ready() as store:
            store.apply(place.records(5), WORKER)
            probe = store.probe()

            assert (probe.count, probe.exists, probe.writable, probe.problems) == (5, True, True, ())
            assert 0 <= probe.latency_ms < 1000
            assert abs(probe.clock_skew_ms) < 1000
            assert probe.version[0].isdigit()
            assert probe.details["codec"] == str(place.config.get("codec", "opaque"))
        with place.open() as store:
            assert store.probe().identity == probe.identity


def _apply_to(model: dict[str, SessionRecord], record: SessionRecord) -> bool:
    """The rule of applying.verdict on a dictionary; True when the record was written."""
    there = model.get(record.id)
    what = verdict(record, Held(there.version, there.expires_at_ms) if there else None, now_ms())
    if what is Verdict.REPLACE:
        model[record.id] = record
    elif there is not None and what is Verdict.RAISE_DEADLINE:
        model[record.id] = replace(there, expires_at_ms=later(there.expires_at_ms, record.expires_at_ms))
    return what is Verdict.REPLACE


def _with_new_connections(write: Callable[[], Any]) -> None:
    """A successor may have ended the stale worker's connection; what counts is the answer that it gets then."""
    try:
        write()
    except LeaseLost:
        raise
    except Exception:  # noqa: BLE001 - the first answer may be that the connection is gone
        write()
