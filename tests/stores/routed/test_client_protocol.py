"""docs/client-protocol.md, sections 1 and 6 to 9, carried out word by word by clients that know nothing but that page.

Only the texts of the Redis scripts come from the package, as the page says. What such a client writes the router's own
stores must read, and the other way round.
"""

import hashlib
import sqlite3
import zlib
from contextlib import closing

import msgpack
import psycopg
import pytest
import redis

from migrations_app.stores.routed.base import Guard, RoutedStore
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.routed.redis.client_scripts import DELETE, TOUCH, WRITE
from migrations_app.stores.sessions.records import SessionRecord, Version
from tests.stores.routed.place import DOCUMENT
from tests.stores.sessions.place import HOUR, WORKER, now_ms
from tests.stores.sessions.postgres.places import own_schema

ID = "one"
BUCKET = 241
FENCE = 5


def bucket(session_id: str) -> int:
    return zlib.crc32(session_id.encode()) % 256


@pytest.mark.parametrize(("session_id", "number"), [("", 0), (ID, BUCKET), ("id ü€😀", 219), ("session-1", 46)])
def test_the_buckets_of_the_page(session_id, number):
    assert bucket(session_id) == number


def joined(config, secrets=None) -> RoutedStore:
    store = open_routed(config, secrets or {})
    store.sessions.initialise(WORKER)
    store.join(WORKER, route="main", fence=FENCE, document=DOCUMENT, epoch=FENCE)
    return store


class Redis:
    def __init__(self, client, prefix: str) -> None:
        self.client, self.prefix = client, prefix

    def _keys(self, session_id: str) -> list[str]:
        of_bucket = [f"snakeweb:{kind}:{self.prefix}:{bucket(session_id)}" for kind in self._kinds]
        session = f"{self.prefix}{session_id}"
        return [*of_bucket, f"snakeweb:route:{self.prefix}", session, f"snakeweb:meta:{{{session}}}"]

    _kinds = ("gate", "epoch", "seq", "journal", "dead")

    def _run(self, script, session_id, epoch, *more):
        keys = self._keys(session_id)
        answer = self.client.eval(script.text, 8, *keys, epoch, 1, session_id, *more)
        return answer if isinstance(answer, int) else msgpack.unpackb(answer, raw=True)

    def write(self, session_id, value, epoch, deadline, condition="any", expected=("", "")):
        head = b"\x9c" + b"".join(msgpack.packb(part, use_bin_type=False) for part in (0, 0, "", -1, -1, -1, ""))
        checksum = hashlib.sha256(value).hexdigest()[:16]
        return self._run(WRITE["string"], session_id, epoch, condition, *expected, "", deadline, value, head, checksum)

    def touch(self, session_id, epoch, lifetime):
        return self._run(TOUCH["string"], session_id, epoch, lifetime, "", 1)

    def delete(self, session_id, epoch):
        return self._run(DELETE, session_id, epoch)

    def read(self, session_id, epoch):
        keys = self._keys(session_id)
        value, meta, gate = self.client.mget(keys[6], keys[7], keys[0])
        if gate is None or int(gate) > epoch:
            return "fenced"
        described = msgpack.unpackb(meta, raw=True) if meta else None
        return value, described

    def mirrored(self):
        return msgpack.unpackb(self.client.get(f"snakeweb:route:{self.prefix}"), raw=True)


def test_redis(empty_redis):
    config = empty_redis.config(prefix="session:")
    with joined(config, empty_redis.secrets) as store, closing(redis.Redis.from_url(empty_redis.url)) as client:
        page, deadline = Redis(client, "session:"), now_ms() + HOUR
        assert page.mirrored() == [FENCE, DOCUMENT.encode(), b"main"]
        assert page.write(ID, b"theirs", FENCE, deadline) == 1
        read = store.read(ID, Guard(FENCE, journaled=True))
        assert read == SessionRecord(ID, b"theirs", expires_at_ms=deadline, version=Version(FENCE, 1))
        assert store.marked([ID]) == {ID}
        assert store.legacy_writes() == store.suspects([ID], WORKER) == 0

        assert page.write(ID, b"x", FENCE, -1, "absent") == [b"exists", FENCE, 1, deadline]
        assert page.write(ID, b"x", FENCE, -1, "any", (FENCE, 9)) == [b"changed", FENCE, 1, deadline]
        assert page.write("two", b"x", FENCE, -1, "present") == [b"missing", 0, 0, -2]
        assert page.write(ID, b"x", FENCE - 1, -1) == [b"fenced", FENCE, client.get("snakeweb:route:session:")]
        assert page.read(ID, FENCE - 1) == "fenced"

        ours = store.write(SessionRecord(ID, b"ours", expires_at_ms=deadline), Guard(FENCE, journaled=True))
        value, described = page.read(ID, FENCE)
        checksum = hashlib.sha256(b"ours").hexdigest()[:16].encode()
        assert value == b"ours"
        assert described == [0, 0, b"", -1, -1, -1, b"", *ours.version, 0, checksum, deadline]

        outcome, epoch, seq, moved = page.touch(ID, FENCE, 2 * HOUR)
        assert (outcome, epoch, seq) == (b"written", FENCE, 3)
        assert moved > deadline
        assert page.delete(ID, FENCE) == [b"written", FENCE, 4, 1]
        assert page.delete(ID, FENCE) == [b"written", FENCE, 5, 0]
        assert store.read(ID, Guard(FENCE, journaled=True)) is None


ANSWER = "SELECT sw_outcome, sw_ver_epoch, sw_ver_seq, sw_expires_ms, sw_fence, sw_document FROM sessions__"
READ = """
SELECT b.fence, r.epoch, r.seq, t.value, t.codec, t.created_at_ms, t.last_accessed_at_ms, t.ttl_ms, t.expires_at_ms,
  t.extra
FROM sessions__buckets b
LEFT JOIN sessions t ON t.key = %s
  AND (t.expires_at_ms IS NULL OR t.expires_at_ms > extract(epoch FROM clock_timestamp()) * 1000)
LEFT JOIN sessions__route r ON r.key = %s
WHERE b.bucket = %s
"""


class Postgres:
    def __init__(self, connection) -> None:
        self.connection = connection

    def _call(self, function, *arguments):
        marks = ", ".join(["%s"] * len(arguments))
        return self.connection.execute(f"{ANSWER}{function}({marks})", arguments).fetchone()

    def write(self, session_id, value, epoch, deadline, condition="any", expected=(None, None)):
        head = (session_id, bucket(session_id), epoch, True, condition, *expected, None, False)
        return self._call("write1", *head, value, "opaque", None, None, None, deadline, None)

    def touch(self, session_id, epoch, lifetime):
        return self._call("touch1", session_id, bucket(session_id), epoch, True, lifetime)

    def delete(self, session_id, epoch):
        return self._call("delete1", session_id, bucket(session_id), epoch, True)

    def read(self, session_id):
        return self.connection.execute(READ, [session_id, session_id, bucket(session_id)]).fetchone()


def test_postgres(postgres_server):
    with own_schema(postgres_server) as schema:
        config = postgres_server.config(table=f"{schema}.sessions")
        with (
            joined(config, postgres_server.secrets) as store,
            psycopg.connect(postgres_server.url, autocommit=True, options=f"-c search_path={schema}") as connection,
        ):
            page, deadline, guard = Postgres(connection), now_ms() + HOUR, Guard(FENCE, journaled=True)
            assert connection.execute("SELECT document FROM sessions__state").fetchone() == (DOCUMENT,)
            outcome, epoch, seq, at, *_ = page.write(ID, b"theirs", FENCE, deadline)
            assert (outcome, epoch, at) == ("written", FENCE, deadline)
            version = Version(epoch, seq)
            assert store.read(ID, guard) == SessionRecord(ID, b"theirs", expires_at_ms=deadline, version=version)
            assert store.marked([ID]) == {ID}
            assert store.legacy_writes() == 0

            assert page.write(ID, b"x", FENCE, None, "absent")[:4] == ("exists", *version, deadline)
            assert page.write(ID, b"x", FENCE, None, "any", (FENCE, 0))[:4] == ("changed", *version, deadline)
            assert page.write("two", b"x", FENCE, None, "present")[:3] == ("missing", 0, 0)
            refused = page.write(ID, b"x", FENCE - 1, None)
            assert (refused[0], *refused[4:]) == ("fenced", FENCE, DOCUMENT)

            ours = store.write(SessionRecord(ID, b"ours", expires_at_ms=deadline), guard)
            assert page.read(ID) == (FENCE, *ours.version, b"ours", "opaque", None, None, None, deadline, None)
            assert page.read("two") == (FENCE, *[None] * 9)

            outcome, epoch, later, moved, *_ = page.touch(ID, FENCE, 2 * HOUR)
            assert (outcome, epoch) == ("written", FENCE)
            assert later > ours.version.seq
            assert moved > deadline
            assert page.delete(ID, FENCE)[0] == "written"
            assert page.delete(ID, FENCE)[0] == "missing"
            assert store.fetch([ID])[0].dead
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.autocommit = False
            with pytest.raises(psycopg.errors.InvalidTransactionState):
                page.delete(ID, FENCE)


GRANTS = """
GRANT USAGE ON SCHEMA {s} TO {s}_client;
GRANT SELECT ON sessions__buckets, sessions__state TO {s}_client;
GRANT SELECT, INSERT, UPDATE ON sessions__route TO {s}_client;
GRANT USAGE ON SEQUENCE sessions__seq TO {s}_client;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO {s}_client;
SET ROLE {s}_client;
"""


def test_the_rights_that_the_page_names_are_enough(postgres_server):
    with own_schema(postgres_server) as schema:
        config = postgres_server.config(table=f"{schema}.sessions")
        with (
            joined(config, postgres_server.secrets),
            psycopg.connect(postgres_server.url, autocommit=True, options=f"-c search_path={schema}") as connection,
        ):
            connection.execute(f"CREATE ROLE {schema}_client")
            connection.execute(GRANTS.replace("{s}", schema))
            page = Postgres(connection)
            assert page.write(ID, b"theirs", FENCE, None)[0] == "written"
            assert page.write(ID, b"theirs", FENCE, None, "present")[0] == "written"
            assert page.touch(ID, FENCE, HOUR)[0] == "written"
            assert page.read(ID)[0] == FENCE
            assert page.delete(ID, FENCE)[0] == "written"
            assert page.delete(ID, FENCE - 1)[0] == "fenced"
            connection.execute(f"RESET ROLE; DROP OWNED BY {schema}_client; DROP ROLE {schema}_client")


def sqlite_change(connection, session_id, epoch, change, *, dead=False):
    """The page's transaction; the minted version, or "fenced"."""
    number, now = bucket(session_id), now_ms()
    connection.execute("BEGIN IMMEDIATE")
    fence = connection.execute("SELECT fence FROM sessions__buckets WHERE bucket = ?", [number]).fetchone()
    if fence is None or fence[0] > epoch:
        connection.execute("ROLLBACK")
        return "fenced"
    minted = connection.execute(
        "UPDATE sessions__state SET guarded = 1, seq = seq + 1, epoch = max(epoch, ?) RETURNING epoch, seq", [epoch]
    ).fetchone()
    connection.execute(
        """INSERT INTO sessions__route (key, bucket, epoch, seq, dead_at, dirty_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET bucket = excluded.bucket, epoch = excluded.epoch, seq = excluded.seq,
          dead_at = excluded.dead_at, dirty_at = coalesce(dirty_at, excluded.dirty_at)""",
        [session_id, number, *minted, now if dead else None, now],
    )
    connection.execute(*change)
    connection.execute("UPDATE sessions__state SET guarded = 0")
    connection.execute("COMMIT")
    return minted


def test_sqlite(tmp_path):
    path = tmp_path / "sessions.db"
    with (
        joined({"store": "sqlite", "path": str(path), "table": "sessions"}) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        deadline, guard = now_ms() + HOUR, Guard(FENCE, journaled=True)
        put = "INSERT OR REPLACE INTO sessions (key, value, codec, expires_at_ms) VALUES (?, ?, 'opaque', ?)"
        assert connection.execute("SELECT document FROM sessions__state").fetchone() == (DOCUMENT,)
        version = sqlite_change(connection, ID, FENCE, (put, [ID, b"theirs", deadline]))
        read = store.read(ID, guard)
        assert read == SessionRecord(ID, b"theirs", expires_at_ms=deadline, version=Version(*version))
        assert store.marked([ID]) == {ID}
        assert store.legacy_writes() == 0
        assert sqlite_change(connection, ID, FENCE - 1, (put, [ID, b"x", deadline])) == "fenced"

        ours = store.write(SessionRecord(ID, b"ours", expires_at_ms=deadline), guard)
        assert ours.version > Version(*version)
        gone = sqlite_change(connection, ID, FENCE, ("DELETE FROM sessions WHERE key = ?", [ID]), dead=True)
        assert store.fetch([ID])[0].dead
        assert store.fetch([ID])[0].version == Version(*gone)
        assert store.legacy_writes() == 0
