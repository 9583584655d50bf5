import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from migrations_app.stores.routed.base import bucket_of
from migrations_app.stores.routed.postgres.names import find
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.routed.postgres.watching import BUILT_IN_CRC32, bucket_function
from migrations_app.stores.sessions.records import UNVERSIONED, Codec
from tests.stores.routed.place import FIRST, held_of, marks_of, settle
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import connection_of, rows, run

pytestmark = pytest.mark.servers

NAMES = ["", "a", "one", "0123456789abcdef" * 2, "größer", "日本語", "x" * 300]


@pytest.mark.parametrize("version", [BUILT_IN_CRC32 - 1, None])
def test_the_server_knows_the_bucket_of_an_id(own, version):
    """An older server computes CRC-32 by itself; both ways must be the protocol's."""
    with own.ready() as store:
        connection = store.sessions.connection()
        layout = store.sessions.layout()
        parts = Parts(find(connection, layout), layout, Codec.OPAQUE)
        connection.execute(bucket_function(parts, version or connection.info.server_version))
        statement = f"SELECT {parts.names.of('bucket1')}(%s)"

        assert [connection.execute(statement, [name]).fetchone()[0] for name in NAMES] == [*map(bucket_of, NAMES)]
        store.write(own.record(), FIRST)
        own.legacy_write("one", own.value("legacy"), own.now_ms() + 60_000)
        assert marks_of(store)["one"].bucket == bucket_of("one")


@pytest.mark.parametrize("kind", ["own", "django"])
def test_a_cleaner_is_no_legacy_writer(request, kind):
    """Deleting what has expired is no logout; the version stays, as an older record may still be on its way."""
    place = request.getfixturevalue(kind)
    with place.ready() as store:
        version = store.write(place.record(), FIRST, lifetime_ms=20).version
        settle(store)
        place.let_pass(40)
        place.legacy_delete("one")

        held = held_of(store, "one")
        assert (held.version, held.dead, held.record) == (version, False, None)
        assert store.legacy_writes() == 0
        assert marks_of(store) == {}
        assert store.adopt([place.held("one", UNVERSIONED)], WORKER).refused == 1


def test_what_a_transaction_takes_back_leaves_no_version(own):
    with own.ready() as store, own.under_way("one"):
        pass
    with own.open() as store:
        assert held_of(store, "one").version == UNVERSIONED
        assert marks_of(store) == {}


def test_an_id_that_is_renamed_dies_under_the_old_name(own):
    with own.ready() as store:
        store.write(own.record("old"), FIRST)
        settle(store)
        run(own.sessions, "UPDATE {t} SET key = 'new' WHERE key = 'old'")

        assert held_of(store, "old").dead
        assert held_of(store, "new").record is not None
        assert marks_of(store).keys() == {"old", "new"}


def test_a_table_that_is_emptied_leaves_tombstones(own):
    with own.ready() as store:
        before = store.write(own.record(), FIRST).version
        settle(store)
        run(own.sessions, "TRUNCATE {t}")

        held = held_of(store, "one")
        assert (held.dead, held.version > before) == (True, True)
        assert store.legacy_writes() == 1
        assert marks_of(store).keys() == {"one"}


def test_a_guarded_call_in_a_transaction_hides_nothing_that_follows(own):
    """The flag that tells the trigger of our own writes ends with the call."""
    with own.ready() as store:
        connection = store.sessions.connection()
        store.read("one", FIRST)
        connection.execute("BEGIN")
        store.write(own.record(), FIRST)
        connection.execute(f"UPDATE {own.table} SET value = '' WHERE key = 'one'")  # noqa: S608
        connection.execute("COMMIT")

        assert store.legacy_writes() == 1


def test_an_application_of_another_user_goes_on_unhindered(own):
    """It knows nothing of the tables beside its own and has no rights there."""
    role = "clerk_" + own.sessions.config["table"].split(".")[0]
    schema = own.sessions.config["table"].split(".")[0]
    with own.ready() as store, connection_of(own.sessions) as admin:
        admin.execute(SQL("CREATE ROLE {}").format(Identifier(role)))
        try:
            admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT ALL ON {own.table} TO {role}")
            admin.execute(SQL("SET ROLE {}").format(Identifier(role)))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(f"SELECT FROM {schema}.sessions__route")
            admin.execute(own._upsert(), ["one", b"legacy", own.now_ms() + 60_000])
            admin.execute(f"DELETE FROM {own.table} WHERE key = 'one'")  # noqa: S608
            assert store.legacy_writes() == 2
            assert held_of(store, "one").dead
        finally:
            admin.execute("RESET ROLE")
            admin.execute(SQL("DROP OWNED BY {r}; DROP ROLE {r}").format(r=Identifier(role)))


def test_the_triggers_of_a_standard_copy_count_too(own):
    """Snakeweb's own bulk writer without a route is a writer without a guard."""
    with own.ready() as store:
        store.sessions.apply([own.record()], WORKER)

        assert store.legacy_writes() == 1
        assert rows(own.sessions, "SELECT count(*) FROM {t}") == [(1,)]
