import pytest
import redis

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import endpoint, open_store, place
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.stores.sessions.scratch import is_scratch, require_own, scratch_config, shown, why_no_scratch

REDIS = {"store": "redis", "host": "cache", "prefix": "session:"}
POSTGRES = {"store": "postgres", "host": "db", "database": "app", "username": "app", "table": "shop.sessions"}
SQLITE = {"store": "sqlite", "path": "/srv/sessions.db"}
SNAPSHOT = {"store": "snapshot", "path": "/srv/sessions.ndjson"}
BEAM = {"store": "beam", "node": "snakepit@host"}
ALL = [REDIS, POSTGRES, SQLITE, SNAPSHOT]


@pytest.mark.parametrize("config", ALL, ids=lambda config: config["store"])
def test_it_is_another_place_of_the_same_server_for_each_run(config):
    mine, theirs = scratch_config(config, 7), scratch_config(config, 70)

    assert len({place(each) for each in (config, mine, theirs)}) == 3
    assert mine.keys() == {**config}.keys()
    if config["store"] in ("redis", "postgres"):
        assert endpoint(mine) == endpoint(config)
    assert is_scratch(parse_config(mine), 7)
    assert not is_scratch(parse_config(theirs), 7)
    assert not is_scratch(parse_config(config), 7)


def test_a_table_stays_in_its_schema_and_a_file_in_its_directory():
    assert scratch_config(POSTGRES, 7)["table"] == "shop.snakeweb_rehearsal_7"
    assert scratch_config(SQLITE, 7)["path"] == "/srv/sessions.db.rehearsal-7"


def test_a_node_has_no_place_and_says_so():
    assert "live node" in why_no_scratch(BEAM, REDIS)
    with pytest.raises(ValidationFailed, match="live node"):
        scratch_config(BEAM, 7)


@pytest.mark.parametrize("prefix", ["s", "snakeweb-rehearsal:", "snakeweb-rehearsal:7:"])
def test_a_prefix_that_takes_its_keys_for_sessions_is_refused_on_either_side(prefix):
    short = {**REDIS, "prefix": prefix}
    assert "count as sessions" in why_no_scratch(short, SQLITE)
    assert "count as sessions" in why_no_scratch(REDIS, short)
    assert why_no_scratch(REDIS, {**short, "host": "another"}) == ""
    assert why_no_scratch(REDIS, SQLITE) == ""


def test_nothing_else_is_ever_removed():
    with pytest.raises(ValidationFailed, match="nothing was removed"):
        require_own(parse_config(SQLITE), WorkerToken("run:7", 1))
    require_own(parse_config(scratch_config(SQLITE, 7)), WorkerToken("run:7", 1))


@pytest.mark.parametrize("config", ALL, ids=lambda config: config["store"])
def test_a_person_is_told_what_to_remove(config):
    assert "rehears" in shown(scratch_config(config, 7))


def test_a_snapshot_goes_with_its_sidecar_and_twice_is_no_error(tmp_path):
    config = scratch_config({"store": "snapshot", "path": str(tmp_path / "sessions.ndjson")}, 7)
    worker = WorkerToken("run:7", 1)
    with open_store(config, {}) as store:
        store.initialise_like(parse_config(config), worker)
        store.apply([SessionRecord("a", b"1")], worker)
        assert list(tmp_path.iterdir())
        store.remove_scratch(worker, lambda: None)
        store.remove_scratch(worker, lambda: None)
    assert list(tmp_path.iterdir()) == []


def test_redis_keeps_the_fence_of_the_run_for_a_day_and_nothing_else(empty_redis):
    config = scratch_config(empty_redis.config(prefix="session:"), 7)
    worker = WorkerToken("run:7", 3)
    with open_store(config, empty_redis.secrets) as store:
        store.initialise_like(parse_config(config), worker)
        store.apply([SessionRecord(f"s{n}", b"1", created_at_ms=n) for n in range(50)], worker)
        store.remove_scratch(worker, lambda: None)

    with redis.Redis.from_url(empty_redis.url) as client:
        assert client.keys() == [b"snakeweb:fence:run:7"]
        assert 0 < client.ttl("snakeweb:fence:run:7") <= 24 * 3600
