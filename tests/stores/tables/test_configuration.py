import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.configuration import config_problems, parse_config

POSTGRES = {"engine": "postgres", "host": "db", "database": "shop", "username": "me"}
OTHER = {"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "db", "database": "shop", "username": "me"}


def fields(config):
    try:
        parse_config(config)
    except ValidationFailed as refused:
        return [problem.field for problem in refused.problems]
    return []


def test_databases_of_every_engine_are_targets():
    assert (
        config_problems(POSTGRES) == config_problems({"engine": "sqlite", "path": "/x"}) == config_problems(OTHER) == []
    )
    assert [problem.field for problem in config_problems({**OTHER, "host": ""})] == ["config.host"]
    assert [problem.field for problem in config_problems({"engine": "postgres"})] == fields({"engine": "postgres"})


def test_what_is_not_given_has_its_default():
    parsed = parse_config(POSTGRES)

    assert (parsed.engine, parsed["port"], parsed["tls"], parsed.schemas) == ("postgres", 5432, False, ("public",))
    assert parse_config({"engine": "sqlite", "path": "/x"}).schemas == ()
    assert parse_config(OTHER)["port"] is None


def test_schemas_are_names_between_commas():
    assert parse_config({**POSTGRES, "schemas": " public, Odd name,,public"}).schemas == ("public", "Odd name")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ["config.engine"]),
        ({"engine": "oracle"}, ["config.engine"]),
        ({"engine": "postgres"}, ["config.host", "config.database", "config.username"]),
        ({**POSTGRES, "port": 0, "password": "x"}, ["config.port", "config.password"]),
        ({**POSTGRES, "schemas": ","}, ["config.schemas"]),
        ({**POSTGRES, "schemas": "pg_catalog,public,information_schema"}, ["config.schemas", "config.schemas"]),
        ({**POSTGRES, "schemas": "odd.name"}, ["config.schemas"]),
        ({"engine": "sqlite", "path": "/x", "schemas": "main"}, ["config.schemas"]),
        ({**OTHER, "driver": "postgresql+psycopg"}, ["config.driver"]),
        ({**OTHER, "driver": "sqlite"}, ["config.driver"]),
        ({**OTHER, "driver": "mssql+pyodbc", "tls": True}, ["config.tls"]),
        ({**OTHER, "driver": "mysql://root@"}, ["config.driver"]),
    ],
)
def test_every_problem_names_its_field(config, expected):
    assert fields(config) == expected


def test_an_unusable_configuration_is_refused_with_all_of_it():
    with pytest.raises(ValidationFailed) as caught:
        parse_config({**POSTGRES, "host": "", "port": "x"})

    assert [problem.field for problem in caught.value.problems] == ["config.host", "config.port"]
