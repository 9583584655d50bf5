"""What holds for writing to every session store: apply-if-newer."""

import random
from dataclasses import replace

import pytest

from migrations_app.stores.sessions.applying import Held, Verdict, later, verdict
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from tests.stores.sessions.place import HOUR, WORKER, Place, now_ms, scan_all


class WritingContract:
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

    def test_delete_counts_what_was_there_and_forgets_its_version(self, place: Place) -> None:
        with place.ready() as store:
            store.apply([place.record("a"), place.record("b")], WORKER)

            assert store.delete(["a", "none"], WORKER) == 1
            assert store.delete([], WORKER) == 0
            assert store.read(["a"]) == [None]
            assert store.apply([place.record("a", version=Version(1, 1))], WORKER).written == 1


def _apply_to(model: dict[str, SessionRecord], record: SessionRecord) -> bool:
    """The rule of applying.verdict on a dictionary; True when the record was written."""
    there = model.get(record.id)
    what = verdict(record, Held(there.version, there.expires_at_ms) if there else None, now_ms())
    if what is Verdict.REPLACE:
        model[record.id] = record
    elif there is not None and what is Verdict.RAISE_DEADLINE:
        model[record.id] = replace(there, expires_at_ms=later(there.expires_at_ms, record.expires_at_ms))
    return what is Verdict.REPLACE
