from django.http import QueryDict

from migrations_app.stores.sessions import config_problems
from migrations_app.stores.tables.configuration import config_problems as database_problems
from migrations_app.web.target_form import TargetForm, blank, columns_from, columns_text, sent


def form(text: str) -> TargetForm:
    return sent(QueryDict(text).dict())


def test_what_is_typed_becomes_a_configuration() -> None:
    given = form("store=redis&name=r&config.host=cache.internal&config.port=6380&config.tls=on&secrets.password=s")
    assert given.config == {"store": "redis", "host": "cache.internal", "port": 6380, "tls": True}
    assert given.secrets["password"] == "s"


def test_defaults_are_left_out_and_bad_numbers_are_left_for_the_check() -> None:
    assert form("store=redis&config.host=h&config.port=6379&config.tls=off").config == {"store": "redis", "host": "h"}
    assert form("store=redis&config.host=h&config.port=many").config["port"] == "many"


def test_an_empty_secret_stays_and_a_ticked_one_goes() -> None:
    assert form("store=redis&secrets.password=").secrets["password"] == ""
    assert form("store=redis&secrets.password=&remove.password=1").secrets["password"] is None


def test_columns_are_read_and_written_line_by_line() -> None:
    columns = {"key": "session_key", "expires_at": {"column": "expires", "unit": "s"}}
    assert columns_text(columns) == "key: session_key\nexpires_at: expires (s)"
    assert columns_from(columns_text(columns)) == columns
    assert columns_from("nonsense") == {"nonsense": ""}


def test_a_snapshot_file_has_a_path_and_no_columns() -> None:
    given = form("store=snapshot&name=s&config.path=/srv/a.ndjson&config.columns=key: k")
    assert (given.config, given.has_columns) == ({"store": "snapshot", "path": "/srv/a.ndjson"}, False)
    assert dict(given.stores)["snapshot"] == "Snapshot file"


def test_a_file_of_a_node_s_terms_needs_no_more_than_its_format() -> None:
    given = form("store=snapshot&name=s&config.path=/srv/a.etf&config.format=etf&config.codec=opaque")
    assert given.config == {"store": "snapshot", "path": "/srv/a.etf", "format": "etf"}
    assert config_problems(given.config) == []


def test_an_unknown_store_falls_back_to_the_first() -> None:
    assert blank({"store": "mongodb"}).store == "redis"


def test_the_password_of_a_node_is_its_cookie() -> None:
    given = form("store=beam&name=n&config.node=snakepit@10.0.0.5&secrets.password=c")
    assert given.config == {"store": "beam", "node": "snakepit@10.0.0.5"}
    assert given.secret_fields() == (
        ("secrets.password", "Cookie"),
        ("secrets.gateway_token", "Token of the gateway"),
    )
    assert form("store=postgres").secret_fields() == (("secrets.password", "Password"),)
    assert len(form("store=redis").secret_fields()) == 2


def test_a_worker_pool_is_of_another_kind() -> None:
    given = form("store=pool&name=w&config.node=snakepit@10.0.0.5&config.pool=gpu&config.port=0&config.epmd_port=4370")
    assert given.config == {"driver": "beam", "node": "snakepit@10.0.0.5", "pool": "gpu", "epmd_port": 4370}
    assert given.kind == "worker_pool"
    assert given.secret_fields() == (("secrets.password", "Cookie"),)
    assert given.folded == {"certificate", "key", "authority"}
    assert form("store=beam").kind == "session_store"


def test_a_pool_of_another_driver_has_fields_of_its_own() -> None:
    given = form("store=http_pool&name=w&config.url=https://pool.example&config.timeout_seconds=10&secrets.password=t")
    assert given.config == {"driver": "http", "url": "https://pool.example"}
    assert (given.kind, given.secret_fields()) == ("worker_pool", (("secrets.password", "Bearer token"),))
    given = form("store=process_pool&name=w&config.path=/run/pool/control.sock")
    assert given.config == {"driver": "process", "path": "/run/pool/control.sock"}
    assert (given.kind, given.secret_fields()) == ("worker_pool", ())


def test_a_file_has_no_credentials() -> None:
    assert (form("store=sqlite").secret_fields(), form("store=snapshot").secret_fields()) == ((), ())


def test_what_few_need_is_folded_until_the_layout_asks_for_it() -> None:
    assert form("store=beam").folded == {"certificate", "key", "authority"}
    assert not form("store=postgres").folded
    redis = form("store=redis&config.layout=string")
    assert "time_unit" in redis.folded
    assert not redis.unfolds
    assert form("store=redis&config.layout=hash").unfolds


def test_a_database_is_of_another_kind_and_names_its_engine() -> None:
    given = form(
        "store=postgres_tables&name=shop&config.host=db&config.port=5432&config.database=shop&config.username=u"
        "&config.tls=on&config.schemas=public,crm&secrets.readonly_password=r"
    )
    assert given.config == {
        "engine": "postgres",
        "host": "db",
        "database": "shop",
        "username": "u",
        "tls": True,
        "schemas": "public,crm",
    }
    assert (given.kind, given.has_columns, given.secrets["readonly_password"]) == ("database", False, "r")
    assert database_problems(given.config) == []
    given = form("store=sqlite_tables&name=shop&config.path=/srv/shop.db")
    assert (given.config, given.secret_fields()) == ({"engine": "sqlite", "path": "/srv/shop.db"}, ())
