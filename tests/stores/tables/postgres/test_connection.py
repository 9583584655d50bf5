import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from tests.stores.tables.places import DatabasePlace

pytestmark = pytest.mark.servers


def shown(database, name):
    return database._open().execute(f"SHOW {name}").fetchone()[0]


def test_texts_are_made_the_same_way_whatever_the_server_prefers(postgres, postgres_server):
    name = postgres.config["database"]
    postgres_server.sql(
        f"""ALTER DATABASE {name} SET DateStyle = 'German'; ALTER DATABASE {name} SET TimeZone = 'Asia/Tokyo';
            ALTER DATABASE {name} SET IntervalStyle = 'sql_standard'"""
    )
    with postgres.open() as database:
        database.probe()
        settings = {each: shown(database, each) for each in ("DateStyle", "IntervalStyle", "TimeZone")}
        zone = database.probe().time_zone

    assert settings == {"DateStyle": "ISO, MDY", "IntervalStyle": "iso_8601", "TimeZone": "UTC"}
    assert zone == "Asia/Tokyo"


def test_the_read_only_user_is_asked_for_where_there_is_one(postgres, postgres_server):
    postgres_server.sql("DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN PASSWORD 'seen'")
    place = DatabasePlace(
        {**postgres.config, "readonly_username": "looker"}, {**postgres.secrets, "readonly_password": "seen"}
    )
    with place.open(read_only=True) as reader, place.open() as writer:
        reader.probe()
        writer.probe()

        assert [each._open().info.user for each in (reader, writer)] == ["looker", "postgres"]
    postgres_server.sql("DROP ROLE looker")


def test_wrong_credentials_name_the_field(postgres):
    with (
        DatabasePlace(postgres.config, {"password": "wrong"}).open() as database,
        pytest.raises(ValidationFailed) as caught,
    ):
        database.probe()

    assert [problem.field for problem in caught.value.problems] == ["config.username"]


def test_a_server_that_is_gone_is_unavailable_and_found_again(disposable_postgres):
    server = disposable_postgres
    config = {"engine": "postgres", "host": server.host, "port": server.port, "username": server.username}
    with DatabasePlace({**config, "database": server.database}, server.secrets).open() as database:
        identity = database.probe().identity
        server.kill()
        with pytest.raises(DependencyUnavailable):
            database.probe()
        server.start()

        assert database.probe().identity == identity
