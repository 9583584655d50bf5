"""What every change log does, whatever database it lies in. A room's `place` fixture gives a `Place`."""

import pytest

from migrations_app.engine.errors import IllegalTransition, LeaseLost, Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.changes.base import Patience, Watched
from tests.stores.tables.changes.places import INTEGER, WORKER, Place, changes, noted

FEW = Patience(lock_ms=50, seconds=0.3)


class ChangeLogContract:
    def test_it_notes_which_rows_changed_by_their_keys(self, place: Place):
        place.run("INSERT INTO {items} VALUES (1, 'a', 'old'), (2, 'b', 'old')")
        with place.installed() as log:
            place.run("INSERT INTO {items} VALUES (3, 'c', 'new')")
            place.run("UPDATE {items} SET note = 'new' WHERE id = 1")
            place.run("DELETE FROM {items} WHERE id = 2")

            assert noted(log, place.items) == [("3",), ("1",), ("2",)]

    def test_a_key_that_changes_is_noted_as_it_was_and_as_it_is(self, place: Place):
        place.run("INSERT INTO {items} VALUES (1, 'a', '')")
        with place.installed() as log:
            place.run("UPDATE {items} SET id = 5 WHERE id = 1")

            assert noted(log, place.items) == [("1",), ("5",)]

    def test_what_a_foreign_key_changes_is_noted_too(self, place: Place):
        place.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', '')")
        place.run("INSERT INTO {parts} VALUES (1, 1, ''), (1, 2, ''), (2, 1, '')")
        with place.installed() as log:
            place.run("UPDATE {items} SET id = 7 WHERE id = 1")
            place.run("DELETE FROM {items} WHERE id = 2")

            assert set(noted(log, place.parts)) == {("1", "1"), ("7", "1"), ("1", "2"), ("7", "2"), ("2", "1")}

    def test_what_is_rolled_back_leaves_nothing(self, place: Place):
        with place.installed() as log, place.writer() as writer:
            writer.begin()
            writer.run("INSERT INTO {items} VALUES (1, 'a', '')")
            writer.roll_back()

            assert noted(log, place.items) == []

    def test_only_what_was_read_goes(self, place: Place):
        with place.installed() as log:
            place.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', '')")
            read = changes(log, place.items)
            place.run("UPDATE {items} SET note = 'new' WHERE id = 1")
            log.acknowledge(place.items, [change.id for change in read])

            assert noted(log, place.items) == [("1",)]
            assert log.pending().changes == 1
            assert log.pending().tables == {place.items: 1}

    def test_it_is_read_in_parts(self, place: Place):
        with place.installed() as log:
            place.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', ''), (3, 'c', '')")
            watched = Watched(place.items, ("id",), (INTEGER,), (INTEGER,))
            first = log.read(watched, 0, 2)

            assert [change.key for change in first] == [("1",), ("2",)]
            assert [change.key for change in log.read(watched, first[-1].id, 2)] == [("3",)]

    def test_of_a_row_that_changes_often_one_change_is_kept(self, place: Place):
        with place.installed() as log:
            place.run("INSERT INTO {items} VALUES (0, 'a', ''), (1, 'b', ''), (2, 'c', '')")
            for _ in range(5):
                place.run("UPDATE {items} SET note = 'new'")

            assert log.pending().changes == 18
            assert log.compact() == 15
            assert noted(log, place.items) == [("0",), ("1",), ("2",)]

    def test_how_long_the_oldest_waits_is_measured(self, place: Place):
        with place.installed() as log:
            assert log.pending().oldest_ms == 0
            place.run("INSERT INTO {items} VALUES (1, 'a', '')")
            place.wait(lambda: log.pending().oldest_ms >= 20)

            assert log.pending().bytes > 0

    def test_installed_twice_is_installed_once(self, place: Place):
        with place.installed() as log:
            log.install(place.watched, WORKER, FEW)
            place.run("INSERT INTO {items} VALUES (1, 'a', '')")

            assert noted(log, place.items) == [("1",)]
            assert log.damage() == ()

    def test_removed_it_leaves_nothing_and_writers_go_on(self, place: Place):
        before = place.objects()
        with place.installed() as log:
            assert place.objects() != before
            log.remove(WORKER, FEW)
            log.remove(WORKER, FEW)
            place.run("INSERT INTO {items} VALUES (1, 'a', '')")

            assert place.objects() == before
            assert not log.installed()
            assert log.damage() == ("The change log was removed.",)

    def test_one_database_has_one_run_s_log(self, place: Place):
        with place.installed(), place.log(run=8) as other:
            assert [problem.code for problem in other.problems(place.watched)] == ["log_of_another"]
            with pytest.raises(IllegalTransition, match="run 7"):
                other.install(place.watched, WorkerToken("run:8", 1), FEW)
            with pytest.raises(IllegalTransition, match="run 7"):
                other.remove(WorkerToken("run:8", 1), FEW)
            assert not other.installed()

    def test_a_replaced_worker_changes_nothing_and_a_rollback_run_goes_on(self, place: Place):
        with place.installed() as log:
            log.install(place.watched, WorkerToken("run:9", 1), FEW)
            with pytest.raises(LeaseLost):
                log.remove(WORKER, FEW)

            assert log.installed()

    def test_a_trigger_that_somebody_drops_is_found(self, place: Place):
        with place.installed() as log:
            place.drop_a_trigger()

            assert len(log.damage()) == 1
            assert "dropped" in log.damage()[0]
            assert place.items in log.damage()[0]

    def test_a_table_that_somebody_alters_is_found(self, place: Place):
        with place.installed() as log:
            place.run("ALTER TABLE {items} ADD COLUMN weight integer")

            assert log.damage() == (f"{place.items} was altered: weight {place.integer}.",)

    def test_a_table_that_somebody_drops_is_found(self, place: Place):
        with place.installed() as log:
            place.run("DROP TABLE {parts}")

            assert any(f"{place.parts} was dropped" in line for line in log.damage())

    def test_it_says_beforehand_what_is_in_its_way(self, place: Place):
        with place.log() as log:
            assert log.problems(place.watched) == []
            assert [each.code for each in log.problems([place.no_key, place.no_table])] == ["no_key", "missing"]
            assert not log.installed()

    def test_while_it_is_locked_others_read_and_wait_to_write(self, place: Place):
        place.run("INSERT INTO {items} VALUES (1, 'a', '')")
        with place.installed() as log, place.writer(waits_ms=100) as writer:
            with log.locked(5000, FEW):
                assert writer.rows("SELECT code FROM {items}") == [("a",)]
                assert writer.refused("UPDATE {items} SET note = 'new'")
            writer.run("UPDATE {items} SET note = 'new'")

            assert noted(log, place.items) == [("1",)]

    def test_it_gives_up_where_somebody_does_not_let_go(self, place: Place):
        with place.installed() as log, place.writer() as writer:
            writer.begin()
            writer.run("INSERT INTO {items} VALUES (1, 'a', '')")
            with pytest.raises(Timeout), log.locked(5000, FEW):
                pytest.fail("it has the lock")
            writer.commit()
            with log.locked(5000, FEW):
                assert noted(log, place.items) == [("1",)]

    def test_a_lock_that_ends_with_an_error_leaves_everything_as_it_was(self, place: Place):
        with place.installed() as log:
            place.run("INSERT INTO {items} VALUES (1, 'a', '')")

            def fail() -> None:
                log.acknowledge(place.items, [change.id for change in changes(log, place.items)])
                log.guard("It has moved.", WORKER)
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError), log.locked(5000, FEW):
                fail()

            assert noted(log, place.items) == [("1",)]
            assert not log.guarded()

    def test_a_guard_refuses_every_write_until_it_is_taken_away(self, place: Place):
        place.run("INSERT INTO {items} VALUES (1, 'a', '')")
        with place.installed() as log, place.writer() as writer:
            with log.locked(5000, FEW):
                log.guard("These tables have moved to “shop”.", WORKER)
            assert log.guarded()
            for write in (
                "INSERT INTO {items} VALUES (2, 'b', '')",
                "UPDATE {items} SET note = 'new'",
                "DELETE FROM {items}",
            ):
                assert "moved to “shop”" in writer.refused(write)
            assert noted(log, place.items) == []
            log.unguard(WORKER, FEW)
            writer.run("UPDATE {items} SET note = 'new'")

            assert not log.guarded()
