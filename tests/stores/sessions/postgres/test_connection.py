import psycopg
import pytest

from migrations_app.engine.errors import DependencyUnavailable, Timeout, ValidationFailed
from tests.stores.sessions.place import WORKER, Place
from tests.stores.sessions.postgres.places import connection_of, filled, run

pytestmark = pytest.mark.servers


def test_a_server_that_is_gone_is_unavailable_and_comes_back(disposable_postgres):
    place = Place(disposable_postgres.config(), disposable_postgres.secrets)
    with place.ready() as store:
        store.apply([place.record()], WORKER)
        disposable_postgres.kill()
        for call in (store.count, store.probe, lambda: store.apply([], WORKER), lambda: store.scan("", 1)):
            with pytest.raises(DependencyUnavailable, match="does not answer"):
                call()
        disposable_postgres.start()

        assert store.count() == 1
        assert store.apply([place.record("two")], WORKER).written == 1


@pytest.mark.parametrize(
    ("change", "password", "field"),
    [
        ({}, "wrong", "config.username"),
        ({}, "", "config.username"),
        ({"username": "nobody"}, "x", "config.username"),
        ({"database": "nowhere"}, None, "config.database"),
        ({"tls": True}, None, "config.tls"),
    ],
)
def test_wrong_credentials_name_the_field(postgres_server, change, password, field):
    secrets = postgres_server.secrets if password is None else {"password": password}
    place = Place(postgres_server.config(**change), secrets)
    with place.open() as store, pytest.raises(ValidationFailed) as caught:
        store.probe()

    assert [problem.field for problem in caught.value.problems] == [field]
    assert postgres_server.password not in str(caught.value.as_dict())


def test_a_port_without_a_server_is_unavailable(own):
    with Place({**own.config, "port": 1}, own.secrets).open() as store, pytest.raises(DependencyUnavailable):
        store.probe()


def test_a_unix_socket_serves_too(postgres_server, own):
    place = Place({**own.config, "host": postgres_server.socket_directory})
    with place.ready() as store:
        assert store.apply([place.record()], WORKER).written == 1


def test_missing_rights_are_named(django):
    run(django, """DROP ROLE IF EXISTS weak; CREATE ROLE weak LOGIN PASSWORD 'word';
        GRANT USAGE ON SCHEMA {s} TO weak; GRANT SELECT ON {t} TO weak""")  # fmt: skip
    weak = Place({**django.config, "username": "weak"}, {"password": "word"})
    with weak.open() as store:
        probe = store.probe()
        with pytest.raises(ValidationFailed, match="does not permit"):
            store.raise_worker_fence(WORKER)
        assert store.count() == 0
    own = {**weak.config, "table": filled(django, "{s}.new"), "columns": {}, "value_type": "bytea"}
    with Place(own, weak.secrets).open() as store:
        assert store.probe().problems == ("The user may not create a table in the schema.",)

    assert not probe.writable
    assert len(probe.problems) == 3
    run(django, "DROP OWNED BY weak; DROP ROLE weak")


def test_the_server_itself_refuses_writes_of_a_read_only_connection(own):
    with own.ready(), own.open(read_only=True) as reader:
        reader.count()
        for statement in ("DELETE FROM {t}", "CREATE TABLE x ()", "CREATE SEQUENCE y"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reader._open().execute(filled(own, statement))


def test_a_locked_table_is_a_timeout_and_may_be_tried_again(own):
    with own.ready() as store, connection_of(own) as blocker:
        store._open().execute("SET lock_timeout = '50ms'")
        blocker.execute("BEGIN")
        blocker.execute(filled(own, "LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE"))

        with pytest.raises(Timeout, match="took too long") as caught:
            store.apply([own.record()], WORKER)
        blocker.execute("ROLLBACK")

        assert caught.value.retryable
        assert store.apply([own.record()], WORKER).written == 1
