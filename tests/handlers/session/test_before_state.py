"""Somebody else's table as a source: an undo that wrote there leaves it as it was before the run."""

import sqlite3
from contextlib import closing

import psycopg
import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import RunState
from tests.handlers.session.moves import Move, Traffic, content, number, place

COLUMNS = {"key": "sid", "value": "body", "expires_at": {"column": "ends", "unit": "ms"}}
FAR = 4_000_000_000_000


def of_sqlite(tmp_path, _request):
    path = tmp_path / "application.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE app (sid TEXT PRIMARY KEY, body BLOB NOT NULL, ends INTEGER)")
        connection.executemany("INSERT INTO app VALUES (?, ?, ?)", [(f"s-{n:03}", b"x%d" % n, FAR) for n in range(60)])
        connection.commit()

    def tables():
        with closing(sqlite3.connect(path)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    return place({"store": "sqlite", "path": str(path), "table": "app", "columns": COLUMNS}), tables


def of_postgres(_tmp_path, request):
    server = request.getfixturevalue("postgres_server")
    schema = f"application{number()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.app (sid text PRIMARY KEY, body bytea NOT NULL, ends bigint)")
        rows = [(f"s-{n:03}", b"x%d" % n, FAR) for n in range(60)]
        insert = f"INSERT INTO {schema}.app VALUES (%s, %s, %s)"  # noqa: S608 - a name of our own
        connection.cursor().executemany(insert, rows)

    def tables():
        with psycopg.connect(server.url) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            return {name for (name,) in found}

    return place(server.config(table=f"{schema}.app", columns=COLUMNS), server.secrets), tables


@pytest.fixture(params=[of_sqlite, of_postgres])
def foreign(request, tmp_path):
    """A move away from a table of an application, and a look at the tables beside it."""
    source, tables = request.param(tmp_path, request)
    move = Move(source, request.getfixturevalue("redis_place")(), options={"cleanup_source": True, "batch_size": 25})
    move.deploy()
    return move, tables


def test_an_undo_that_wrote_back_leaves_no_table_beside_the_source(foreign):
    move, tables = foreign
    before = content(move.source)
    run = move.run()
    assert run.state is RunState.SUCCEEDED, run.error
    assert content(move.source) == {}
    assert "app__snakeweb" in tables()

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    assert content(move.source) == before
    assert tables() == {"app"}


def test_a_driver_that_died_after_the_source_served_again_is_made_up_for(foreign):
    move, tables = foreign
    run = move.run()
    back = move.begin(undoing=run, kind=run.brief.kind.ROLLBACK)
    with armed("session.switch.undo.published:raise"), pytest.raises(Crash):
        back.drive()
    assert move.route.authority == "a"
    assert "app__snakeweb" in tables()

    back.drive()

    assert back.state is RunState.ROLLED_BACK, back.error
    assert tables() == {"app"}


def test_a_side_table_that_clients_use_stays(foreign):
    move, tables = foreign
    with Traffic(move) as traffic:
        traffic.wait_for(30)
        run = move.run()
        back = move.roll_back(run)
        assert back.state is RunState.ROLLED_BACK, back.error
        traffic.wait_for(traffic.operations + 30)

    assert "app__snakeweb" in tables()
    held = content(move.source)
    assert {id_: held[id_][0] for id_ in traffic.alive} == traffic.alive
