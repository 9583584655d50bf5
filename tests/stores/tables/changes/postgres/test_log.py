"""The contract, and what only a server with transactions side by side, partitions and replicas can do wrong."""

import psycopg
import pytest

from migrations_app.engine.errors import DependencyUnavailable, Timeout, ValidationFailed
from migrations_app.stores.tables.changes.base import Patience, Watched
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from tests.stores.tables.changes.contract import FEW, ChangeLogContract
from tests.stores.tables.changes.places import DATE, WORKER, PostgresPlace, changes, noted

pytestmark = pytest.mark.servers
KINDS = (
    DATE,
    ColumnType(TypeKind.INSTANT, "timestamp with time zone"),
    ColumnType(TypeKind.INTERVAL, "interval"),
    ColumnType(TypeKind.FLOAT, "double precision", bits=64),
    ColumnType(TypeKind.BYTES, "bytea"),
)


class TestPostgresChangeLog(ChangeLogContract):
    pass


def test_a_change_that_commits_late_is_not_skipped(place):
    """Numbers are given in one order and committed in another."""
    with place.installed() as log, place.writer() as slow:
        slow.begin()
        slow.run("INSERT INTO {items} VALUES (1, 'a', '')")
        place.run("INSERT INTO {items} VALUES (2, 'b', '')")
        read = changes(log, place.items)
        assert [change.key for change in read] == [("2",)]
        log.acknowledge(place.items, [change.id for change in read])
        log.compact()
        slow.commit()

        assert noted(log, place.items) == [("1",)]
        assert changes(log, place.items)[0].id < read[0].id


def test_it_is_installed_only_once_earlier_writers_have_ended(place):
    """A transaction that wrote before there was a trigger would be seen by nobody."""
    with place.log() as log, place.writer() as early:
        early.begin()
        early.run("INSERT INTO {items} VALUES (1, 'a', '')")
        with pytest.raises(Timeout):
            log.install(place.watched, WORKER, FEW)
        early.run("INSERT INTO {items} VALUES (2, 'b', '')")
        early.commit()
        log.install(place.watched, WORKER, FEW)
        place.run("INSERT INTO {items} VALUES (3, 'c', '')")

        assert noted(log, place.items) == [("3",)]


def test_asking_for_a_lock_keeps_nobody_waiting_for_long(place):
    """Whoever comes after us waits behind our question, so it ends soon, and they get through before the next."""
    with place.installed() as log, place.writer() as slow:
        slow.begin()
        slow.run("INSERT INTO {items} VALUES (1, 'a', '')")
        passed = []

        def write() -> None:
            with place.writer(waits_ms=2000) as other:
                other.run("INSERT INTO {items} SELECT coalesce(max(id), 1) + 1 FROM {items}")
                passed.append(1)

        with pytest.raises(Timeout), log.locked(1000, Patience(lock_ms=100, seconds=0.5, alive=write)):
            pytest.fail("it has the lock")
        slow.roll_back()

        assert passed


def test_truncate_is_noted_as_any_row(place):
    place.run("INSERT INTO {items} VALUES (1, 'a', '')")
    with place.installed() as log:
        place.run("TRUNCATE {items} CASCADE")

        assert noted(log, place.items) == [None]
        assert noted(log, place.parts) == [None]


def test_what_a_replica_applies_is_noted(place):
    with place.installed() as log, place.writer() as replica:
        replica.run("SET session_replication_role = replica")
        replica.run("INSERT INTO {items} VALUES (1, 'a', '')")

        assert noted(log, place.items) == [("1",)]


def test_the_writer_s_settings_change_no_key(place):
    place.run("CREATE TABLE shop.kinds (day date, at timestamptz, span interval, ratio float8, raw bytea, "
              "PRIMARY KEY (day, at, span, ratio, raw))")  # fmt: skip
    key = ("day", "at", "span", "ratio", "raw")
    with place.log() as log, place.writer() as writer:
        log.install([Watched("shop.kinds", key)], WORKER, FEW)
        for setting in (
            "datestyle = 'German, DMY'",
            "timezone = 'Asia/Tokyo'",
            "intervalstyle = 'sql_standard'",
            "extra_float_digits = -15",
            "bytea_output = 'escape'",
        ):
            writer.run(f"SET {setting}")
        value = "('2024-02-01', '2024-02-01 12:00Z', '1 day 2 hours', 0.1::float8 + 0.2, '\\x00ff')"
        writer.run(f"INSERT INTO shop.kinds VALUES {value}")  # noqa: S608

        assert noted(log, "shop.kinds", *KINDS) == [
            ("2024-02-01", "2024-02-01 12:00:00+00", "P1DT2H", "0.30000000000000004", "00ff")
        ]


def test_users_need_no_right_to_the_log(place):
    place.run("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk", "GRANT USAGE ON SCHEMA shop TO clerk",
              "GRANT ALL ON {items} TO clerk")  # fmt: skip
    with place.installed() as log, place.writer() as writer:
        writer.run("SET ROLE clerk")
        writer.run("INSERT INTO {items} VALUES (1, 'a', '')")
        assert "permission denied" in writer.refused("SELECT * FROM snakeweb_changes.log")

        assert noted(log, place.items) == [("1",)]


def test_a_column_of_the_key_that_is_renamed_makes_no_write_fail(place):
    with place.installed() as log:
        place.run("ALTER TABLE {items} RENAME COLUMN id TO number", "INSERT INTO {items} VALUES (1, 'a', '')")

        assert noted(log, place.items) == [None]
        assert log.damage()


def test_a_trigger_that_is_switched_off_or_made_anew_is_found(place):
    with place.installed() as log:
        place.run("ALTER TABLE {items} DISABLE TRIGGER snakeweb_changed")
        assert log.damage() == ("A trigger of items was switched off.",)
        place.run("ALTER TABLE {items} ENABLE TRIGGER snakeweb_changed")
        assert log.damage() == ("A trigger of items was switched off.",)
        place.run(
            "DROP TRIGGER snakeweb_changed ON {items}",
            "CREATE TRIGGER snakeweb_changed AFTER INSERT OR UPDATE OR DELETE ON {items} "
            "FOR EACH ROW EXECUTE FUNCTION snakeweb_changes.changed_1()",
            "ALTER TABLE {items} ENABLE ALWAYS TRIGGER snakeweb_changed",
        )

        assert log.damage() == ("1 trigger(s) of shop.items were dropped.",)


PARTITIONED = (
    "CREATE TABLE shop.days (day date PRIMARY KEY, note text) PARTITION BY RANGE (day)",
    "CREATE TABLE shop.days_1 PARTITION OF shop.days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
    "CREATE TABLE shop.days_2 PARTITION OF shop.days FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')",
)


class TestPartitions:
    @pytest.fixture
    def days(self, place):
        place.run(*PARTITIONED)
        with place.log() as log:
            log.install([Watched("shop.days", ("day",))], WORKER, FEW)
            yield log

    def test_what_is_written_to_a_partition_is_noted(self, place, days):
        place.run("INSERT INTO shop.days_1 VALUES ('2024-01-05', '')", "TRUNCATE shop.days_2")
        place.run("UPDATE shop.days SET day = '2024-02-05'")

        assert noted(days, "shop.days", DATE) == [("2024-01-05",), None, ("2024-01-05",), ("2024-02-05",)]

    def test_a_partition_that_comes_later_is_found_and_its_rows_are_noted(self, place, days):
        place.run("CREATE TABLE shop.days_3 PARTITION OF shop.days FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')")
        place.run("INSERT INTO shop.days VALUES ('2024-03-05', '')")

        assert noted(days, "shop.days", DATE) == [("2024-03-05",)]
        assert days.damage() == ("days_3 became a part of shop.days, and nobody would see that it is emptied.",)

    def test_removing_takes_it_off_every_partition(self, place, days):
        days.remove(WORKER, FEW)
        place.run("INSERT INTO shop.days VALUES ('2024-01-05', '')")

        assert not [name for _, name in place.objects() if "snakeweb" in name]

    def test_a_guard_holds_for_each_partition(self, place, days):
        with days.locked(1000, FEW):
            days.guard("It has moved.", WORKER)
        with place.writer() as writer:
            assert "It has moved." in writer.refused("INSERT INTO shop.days_1 VALUES ('2024-01-05', '')")
            assert "It has moved." in writer.refused("TRUNCATE shop.days_2")


def test_tables_that_inherit_are_noted_by_the_table_they_inherit_from(place):
    place.run("CREATE TABLE shop.child () INHERITS ({items})")
    with place.installed() as log:
        place.run("INSERT INTO shop.child VALUES (1, 'a', '')", "TRUNCATE shop.child")

        assert noted(log, place.items) == [("1",), None]
        log.remove(WORKER, FEW)


def test_who_may_not_make_triggers_hears_it_beforehand(place):
    place.run("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'guest'",
              "GRANT USAGE ON SCHEMA shop TO guest", "GRANT ALL ON ALL TABLES IN SCHEMA shop TO guest")  # fmt: skip
    guest = PostgresPlace(place.server, place.at.database, username="guest", password="guest")
    with guest.log() as log:
        problems = log.problems(guest.watched)

        assert [problem.code for problem in problems] == ["not_permitted"] * 3
        assert "shop.items" in problems[0].message
        with pytest.raises(ValidationFailed, match="permission denied"):
            log.install(guest.watched, WORKER, FEW)


def test_a_guard_lets_snakeweb_s_own_writes_through(place):
    place.run("INSERT INTO {items} VALUES (1, 'a', '')")
    with place.installed() as log:
        with log.locked(1000, FEW):
            log.guard("It has moved.", WORKER)
        with place.connection() as ours:
            ours.execute("INSERT INTO shop.items VALUES (2, 'b', '')")
            ours.execute("UPDATE shop.items SET note = 'back' WHERE id = 2")
            ours.execute("DELETE FROM shop.items WHERE id = 1")

        with place.writer() as writer:
            assert writer.rows("SELECT id, note FROM {items}") == [(2, "back")]


def test_a_worker_that_freezes_in_the_lock_loses_it(place):
    """Nobody has to end it: the server does, and the users' writes go on."""
    log = place.log()
    log.install(place.watched, WORKER, FEW)
    with place.writer(waits_ms=8000) as writer, pytest.raises(DependencyUnavailable), log.locked(100, FEW):
        writer.run("INSERT INTO {items} VALUES (1, 'a', '')")
    log.close()


def test_a_worker_that_dies_in_the_lock_leaves_nothing(place):
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'snakeweb%' AND datname = current_database()"
    )
    with place.installed() as log, place.writer(waits_ms=5000) as writer:
        with pytest.raises(DependencyUnavailable), log.locked(60_000, FEW):
            log.guard(str(writer.rows(end)), WORKER)
        writer.run("INSERT INTO {items} VALUES (1, 'a', '')")

    with place.log() as log:
        assert not log.guarded()
        assert noted(log, place.items) == [("1",)]


def test_the_log_is_of_the_database_s_own_making(place):
    """A worker that dies between two tables has installed the first; the next one goes on."""
    with place.log() as log:
        log.install(place.watched[:1], WORKER, FEW)
    with place.installed() as log, psycopg.connect(place.url) as connection:
        names = connection.execute("SELECT name FROM snakeweb_changes.watched ORDER BY number").fetchall()

        assert names == [("shop.items",), ("shop.parts",)]
        assert log.damage() == ()
