import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.sessions.base import Partition
from migrations_app.stores.sessions.records import Codec
from migrations_app.testing.servers import RedisServer
from tests.stores.sessions.contract import StoreContract
from tests.stores.sessions.place import WORKER, Place, ids, scan_all
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers


class TestStrings(StoreContract):
    @pytest.fixture(params=["opaque", "json", "msgpack"])
    def place(self, request, empty_redis):
        return Place(empty_redis.config(codec=request.param), codec=Codec(request.param))


class TestHashes(StoreContract):
    @pytest.fixture(params=["opaque", "json", "msgpack"])
    def place(self, request, empty_redis):
        return Place(empty_redis.config(codec=request.param, **HASH), codec=Codec(request.param))


class TestReadersWithoutScripts(StoreContract):
    """The contract holds too for a user who may not run EVAL_RO or PEXPIRETIME: plain commands, TIME and PTTL."""

    @pytest.fixture(params=["string", "hash"])
    def place(self, request, empty_redis):
        rights = ("~*", "&*", "+@all", "-eval_ro", "-pexpiretime")
        empty_redis.command("ACL", "SETUSER", "plain", "reset", "on", ">word", *rights)
        return Place(empty_redis.config(layout=request.param, username="plain"), {"password": "word"}, tolerance_ms=100)


@pytest.mark.parametrize("layout", ["string", "hash"])
def test_unreadable_keys_belong_to_one_partition(empty_redis, client, layout):
    client.set(b"session:\xff", b"1")
    client.hset(b"session:\xfe", "data", "1")

    with Place(empty_redis.config(layout=layout)).open() as store:
        named = [len(store.scan("", 10, Partition(index, 3)).unreadable) for index in range(3)]

    assert named == [2, 0, 0]


def test_a_scan_starts_anew_when_the_server_is_another(disposable_redis):
    place = Place(disposable_redis.config())
    with place.ready() as store:
        records = place.records(100)
        store.apply(records, WORKER)
        page = store.scan("", 10)
        disposable_redis.restart()
        seen = []
        while not page.last:
            page = store.scan(page.cursor, 10)
            seen += page.records

    assert set(ids(records)) == set(ids(seen))


def test_cursors_of_strangers_are_refused_or_start_anew(strings, client):
    client.set("session:a", "v")
    with strings.open() as store:
        with pytest.raises(ValidationFailed, match="cursor"):
            store.scan("not json", 10)
        assert ids(store.scan('{"at": "x", "run": "y"}', 10).records) == ["a"]


def test_a_page_keeps_its_limit_when_the_server_finds_more(strings, client):
    client.mset({f"session:{n}": "v" for n in range(5000)})
    with strings.open() as store:
        store.scan("", 500)
        assert len(scan_all(store, 7)) >= 5000
        assert len(scan_all(store, 100_000)) >= 5000
    with strings.open() as store:
        first = store.scan("", 3)
    cursor, seen = first.cursor, list(first.records)
    with strings.open() as store:  # another process resumes in the middle of the server's answer
        while True:
            page = store.scan(cursor, 50)
            seen += page.records
            if page.last:
                break
            cursor = page.cursor
    assert len({record.id for record in seen}) == 5000


def test_the_eviction_policy_is_reported_and_a_risky_one_is_a_problem(disposable_redis):
    disposable_redis.command("CONFIG", "SET", "maxmemory", "100mb")
    disposable_redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")

    with Place(disposable_redis.config()).open() as store:
        probe = store.probe()

    assert (probe.eviction_policy, probe.capacity_bytes) == ("allkeys-lru", 104_857_600)
    assert "allkeys-lru" in probe.problems[0]


def test_a_replica_is_not_writable(redis_server, tmp_path):
    options = {"replicaof": f"{redis_server.host} {redis_server.port}"}
    replica = RedisServer(tmp_path / "replica", options=options, persistent=False)
    with replica, Place(replica.config()).open() as store:
        probe = store.probe()
        with pytest.raises((ValidationFailed, DependencyUnavailable)):
            store.initialise(WORKER)

    assert not probe.writable
    assert "replica" in probe.problems[0]


def test_a_cluster_is_refused_by_name(tmp_path):
    options = {"cluster-enabled": "yes", "cluster-config-file": str(tmp_path / "nodes.conf")}
    server = RedisServer(tmp_path / "cluster", options=options, persistent=False)
    with server, Place(server.config()).open() as store, pytest.raises(ValidationFailed, match="Redis Cluster"):
        store.probe()
