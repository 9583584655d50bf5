import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.configuration import ColumnName, Unit, config_problems, parse_config

REDIS = {"store": "redis", "host": "r"}
POSTGRES = {"store": "postgres", "host": "p", "database": "d", "username": "u"}
SQLITE = {"store": "sqlite", "path": "/x.db"}
SNAPSHOT = {"store": "snapshot", "path": "/x.ndjson"}
COLUMNS = {"key": "k", "value": "v"}


@pytest.mark.parametrize("config", [REDIS, POSTGRES, SQLITE, SNAPSHOT], ids=lambda config: config["store"])
def test_the_least_configuration_is_enough(config):
    assert config_problems(config) == []
    assert parse_config(config).codec == "opaque"


def test_a_file_of_erlang_terms_holds_erlang_terms():
    assert parse_config(SNAPSHOT)["format"] == "ndjson"
    assert parse_config(SNAPSHOT | {"format": "etf"}).codec == "etf"
    assert parse_config(SNAPSHOT | {"format": "ndjson", "codec": "etf"}).codec == "etf"


def test_values_and_columns_are_typed():
    columns = COLUMNS | {"expires_at": {"column": "e", "unit": "s"}, "ttl": {"column": "t"}}
    parsed = parse_config(POSTGRES | {"port": "6543", "tls": True, "columns": columns})

    assert (parsed["port"], parsed["tls"], parsed["table"]) == (6543, True, "snakeweb_sessions")
    assert parsed.columns["expires_at"] == ColumnName("e", Unit.SECONDS)
    assert parsed.columns["key"] == ColumnName("k", Unit.AUTO)
    assert parsed.columns["ttl"] == ColumnName("t", Unit.AUTO)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "config.store"),
        ({"store": "mongo"}, "config.store"),
        ({"store": ["redis"]}, "config.store"),
        ({"store": "redis"}, "config.host"),
        (REDIS | {"port": 0}, "config.port"),
        (REDIS | {"db": -1}, "config.db"),
        (REDIS | {"codec": "pickle"}, "config.codec"),
        (REDIS | {"layout": "list"}, "config.layout"),
        (REDIS | {"hots": "x"}, "config.hots"),
        (REDIS | {"columns": COLUMNS}, "config.columns"),
        (REDIS | {"prefix": "snakeweb:x"}, "config.prefix"),
        (REDIS | {"prefix": "a\0b"}, "config.prefix"),
        (REDIS | {"layout": "hash", "created_field": "data"}, "config.layout"),
        ({"store": "postgres", "host": "p", "username": "u"}, "config.database"),
        (POSTGRES | {"table": "a.b.c"}, "config.table"),
        (POSTGRES | {"table": "x; DROP TABLE y"}, "config.table"),
        (POSTGRES | {"table": "t" * 54}, "config.table"),
        (POSTGRES | {"value_type": "jsonb"}, "config.codec"),
        (POSTGRES | {"columns": ["key"]}, "config.columns"),
        (POSTGRES | {"columns": {"key": "k"}}, "config.columns.value"),
        (POSTGRES | {"columns": COLUMNS | {"kee": "x"}}, "config.columns.kee"),
        (POSTGRES | {"columns": COLUMNS | {"ttl": ""}}, "config.columns.ttl"),
        (POSTGRES | {"columns": COLUMNS | {"ttl": "a%s"}}, "config.columns.ttl"),
        (POSTGRES | {"columns": COLUMNS | {"ttl": {"column": "t", "unit": "weeks"}}}, "config.columns.ttl.unit"),
        (POSTGRES | {"columns": COLUMNS | {"ver_seq": "s"}}, "config.columns"),
        (POSTGRES | {"columns": COLUMNS | {"codec": "v"}}, "config.columns"),
        ({"store": "sqlite"}, "config.path"),
        (SQLITE | {"value_type": "jsonb"}, "config.value_type"),
        ({"store": "snapshot"}, "config.path"),
        ({"store": "beam"}, "config.node"),
        ({"store": "beam", "node": "snakepit"}, "config.node"),
        ({"store": "beam", "node": "snakepit@h", "certificate": "/c.pem"}, "config.certificate"),
        ({"store": "beam", "node": "snakepit@h", "codec": "json"}, "config.codec"),
        ({"store": "beam", "node": "snakepit@h", "gateway": "http://h:1/path"}, "config.gateway"),
        (SNAPSHOT | {"columns": COLUMNS}, "config.columns"),
        (SNAPSHOT | {"table": "t"}, "config.table"),
        (SNAPSHOT | {"path": "/x.ndjson.snakeweb"}, "config.path"),
        (SNAPSHOT | {"format": "dets"}, "config.format"),
        (SNAPSHOT | {"format": "etf", "codec": "json"}, "config.codec"),
    ],
)
def test_what_is_wrong_is_named_with_a_fix(config, field):
    problems = config_problems(config)

    assert [problem.field for problem in problems] == [field]
    assert problems[0].message
    assert problems[0].fix


def test_every_problem_is_told_at_once_and_nothing_is_opened():
    config = {"store": "postgres", "port": "x", "columns": {"value": "v"}}

    with pytest.raises(ValidationFailed) as caught:
        open_store(config, {})

    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"config.host", "config.port", "config.database", "config.username", "config.columns.key"}
