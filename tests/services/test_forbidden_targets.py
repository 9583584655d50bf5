import pytest
from django.db import connection

from migrations_app.services import targets
from migrations_app.services.errors import InvalidInput
from migrations_app.services.forbidden_targets import own_store

pytestmark = pytest.mark.django_db


def own_database():
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"store": "sqlite", "path": str(own["NAME"])}
    return {
        "store": "postgres",
        "host": "localhost",
        "port": int(own["PORT"]),
        "database": own["NAME"],
        "username": "somebody-else",
    }


@pytest.mark.db_semantics
def test_its_own_database_is_no_target(admin, staging, now):
    with pytest.raises(InvalidInput, match="own database"):
        targets.create(
            actor=admin,
            now=now,
            environment_id=staging.pk,
            name="me",
            kind="session_store",
            config=own_database(),
        )


def test_its_own_database_file_is_no_snapshot_either():
    if connection.vendor == "sqlite":
        assert "database" in own_store({"store": "snapshot", "path": str(connection.settings_dict["NAME"])})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST."])
def test_its_own_broker_is_no_target_however_it_is_written(settings, host):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:6390/2"

    assert "broker" in own_store({"store": "redis", "host": host, "port": 6390, "db": 2})
    assert own_store({"store": "redis", "host": host, "port": 6390, "db": 3}) == ""


def test_other_places_are_fine():
    assert own_store({"store": "redis", "host": "redis.example.org"}) == ""
    assert own_store({"store": "snapshot", "path": "/elsewhere/sessions.ndjson"}) == ""
    assert own_store({"store": "sqlite", "path": "/elsewhere/sessions.sqlite3"}) == ""


def test_a_file_lies_beneath_the_roots_or_is_no_target(settings, admin, staging, now, tmp_path):
    def create(path):
        config = {"store": "sqlite", "path": str(path)}
        return targets.create(
            actor=admin, now=now, environment_id=staging.pk, name="file", kind="session_store", config=config
        )

    for roots, path in (((tmp_path / "allowed",), "sessions.sqlite3"), ((), "allowed/sessions.sqlite3")):
        settings.SNAKEWEB_FILE_ROOTS = roots
        with pytest.raises(InvalidInput) as refused:
            create(tmp_path / path)
        (problem,) = refused.value.problems
        assert (problem.field, problem.code) == ("config.path", "outside_of_roots")
        assert "SNAKEWEB_FILE_ROOTS" in problem.message
    settings.SNAKEWEB_FILE_ROOTS = (tmp_path / "allowed",)
    assert create(tmp_path / "allowed" / "sessions.sqlite3")


@pytest.mark.db_semantics
def test_its_own_database_is_no_database_target(admin, staging, now):
    config = own_database()
    config["engine"] = config.pop("store")
    with pytest.raises(InvalidInput, match="own database"):
        targets.create(actor=admin, now=now, environment_id=staging.pk, name="me", kind="database", config=config)


TABLES = {"engine": "postgres", "host": "db.example", "database": "shop", "username": "u"}
SESSIONS = {"store": "postgres", "host": "DB.example.", "database": "shop", "username": "v", "table": "sessions"}


@pytest.mark.parametrize(
    ("kind", "config", "kind_here", "config_here"),
    [
        ("database", TABLES, "database", {**TABLES, "username": "v", "schemas": "other"}),
        ("database", TABLES, "session_store", SESSIONS),
        ("session_store", SESSIONS, "database", TABLES),
    ],
)
def test_a_database_that_is_guarded_is_no_target_of_a_laxer_environment(
    admin, staging, production, now, kind, config, kind_here, config_here
):
    targets.create(actor=admin, now=now, environment_id=production.pk, name="there", kind=kind, config=config)
    with pytest.raises(InvalidInput) as refused:
        targets.create(actor=admin, now=now, environment_id=staging.pk, name="here", kind=kind_here, config=config_here)

    assert [problem.code for problem in refused.value.problems] == ["guarded_elsewhere"]
    other = {**config_here, "database": "elsewhere"}
    assert targets.create(actor=admin, now=now, environment_id=staging.pk, name="here", kind=kind_here, config=other)


def test_a_database_file_lies_beneath_the_roots_or_is_no_target(settings, admin, staging, now, tmp_path):
    settings.SNAKEWEB_FILE_ROOTS = (tmp_path / "allowed",)
    config = {"engine": "sqlite", "path": str(tmp_path / "shop.db")}
    with pytest.raises(InvalidInput) as refused:
        targets.create(actor=admin, now=now, environment_id=staging.pk, name="shop", kind="database", config=config)

    assert [problem.code for problem in refused.value.problems] == ["outside_of_roots"]
