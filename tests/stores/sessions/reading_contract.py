"""What holds for reading every session store."""

from dataclasses import replace

import pytest

from migrations_app.stores.sessions.base import Partition
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.sessions.place import WORKER, Place, ids, now_ms, scan_all, wait_until


class ReadingContract:
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
        elsewhere = [record for record in place.records(1400) if Partition(0, 7).holds(record.id)]
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

    def test_every_id_is_scanned_without_its_content(self, place: Place) -> None:
        records = place.records(45)
        with place.ready() as store:
            store.apply(records, WORKER)
            found: list[str] = []
            cursor, last = "", False
            while not last:
                held = store.scan_ids(cursor, 10)
                assert not held.strange
                found += held.ids
                cursor, last = held.cursor, held.last

        assert set(found) == {record.id for record in records}

    def test_what_is_missing_is_named(self, place: Place) -> None:
        deadline = now_ms() + 300
        with place.ready() as store:
            store.apply([place.record("a"), place.record("b"), place.record("ends", expires_at_ms=deadline)], WORKER)
            wait_until(lambda: store.read(["ends"]) == [None])

            assert store.missing(["a", "none", "ends", "b"]) == ["none", "ends"]
            assert store.missing([]) == []

    def test_a_probe_describes_the_store(self, place: Place) -> None:
        with place.ready() as store:
            store.apply(place.records(5), WORKER)
            probe = store.probe()

            assert (probe.count, probe.exists, probe.writable, probe.problems) == (5, True, True, ())
            assert probe.latency_ms >= 0
            assert abs(probe.clock_skew_ms) < 60_000
            assert probe.version[0].isdigit()
            assert probe.details["codec"] == str(place.config.get("codec", "opaque"))
        with place.open() as store:
            assert store.probe().identity == probe.identity
