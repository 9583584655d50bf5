import pytest

from migrations_app.engine.errors import ValidationFailed
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import DJANGO, at, own_schema

pytestmark = pytest.mark.servers


def test_a_table_that_somebody_else_must_create_is_missed_by_name(postgres_server):
    with own_schema(postgres_server) as schema:
        place = at(postgres_server, f"{schema}.django_session", value_type="text", columns=DJANGO)
        with place.open() as store:
            probe = store.probe()
            for call in (store.count, lambda: store.initialise(WORKER), lambda: store.scan("", 1)):
                with pytest.raises(ValidationFailed, match="There is no table") as caught:
                    call()

    assert not probe.writable
    assert caught.value.problems[0].field == "config.table"


@pytest.mark.parametrize(
    ("ddl", "columns", "field", "words"),
    [
        ("k text PRIMARY KEY, v bytea", {"value": "w"}, "config.columns.value", "no column “w”"),
        ("k text, v bytea", {}, "config.columns.key", "no unique index"),
        ("k uuid PRIMARY KEY, v bytea", {}, "config.columns.key", "is uuid"),
        ("k text PRIMARY KEY, v text", {}, "config.columns.value", "not bytea"),
        ("k text PRIMARY KEY, v point", {}, "config.columns.value", "is point"),
        ("k text PRIMARY KEY, v bytea, n int NOT NULL", {}, "config.columns", "must be filled"),
        ("k text PRIMARY KEY, v bytea, x text", {"expires_at": "x"}, "config.columns.expires_at", "is text"),
        ("k text PRIMARY KEY, v bytea, x date", {"extra": "x"}, "config.columns.extra", "is date"),
        (
            "k text PRIMARY KEY, v bytea, e int, s int",
            {"ver_epoch": "e", "ver_seq": "s"},
            "config.columns.ver_seq",
            "int4",
        ),
    ],
)
def test_a_table_unlike_its_configuration_is_described(postgres_server, ddl, columns, field, words):
    with own_schema(postgres_server, f"CREATE TABLE {{s}}.t ({ddl})") as schema:
        place = at(postgres_server, f"{schema}.t", columns={"key": "k", "value": "v"} | columns)
        with place.open() as store, pytest.raises(ValidationFailed) as caught:
            store.count()

    assert (field, True) in [(problem.field, words in problem.message) for problem in caught.value.problems]
