import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.tables.alchemy.database import AlchemyDatabase
from migrations_app.stores.tables.configuration import parse_config
from tests.stores.tables.alchemy.through import SQLiteThroughAlchemy

CONFIG = {
    "engine": "sqlalchemy",
    "driver": "mysql+pymysql",
    "host": "127.0.0.1",
    "port": 1,
    "database": "shop",
    "username": "writer",
    "readonly_username": "reader",
}
SECRETS = {"password": "p@ss/word", "readonly_password": "other"}


def connected(*, read_only=False, **change):
    return AlchemyDatabase(parse_config({**CONFIG, **change}), SECRETS, read_only=read_only)


@pytest.mark.parametrize(("read_only", "user"), [(False, ("writer", "p@ss/word")), (True, ("reader", "other"))])
def test_the_read_only_user_is_asked_for_where_there_is_one(read_only, user):
    url = connected(read_only=read_only)._url

    assert (url.username, url.password) == user
    assert (url.host, url.port, url.database, dict(url.query)) == ("127.0.0.1", 1, "shop", {"charset": "utf8mb4"})


def test_a_driver_that_is_not_installed_is_named():
    database = connected(driver="nosuch+driver")
    with pytest.raises(ValidationFailed, match=r"nosuch\+driver is not installed") as caught, database._errors():
        database._open()

    assert [problem.field for problem in caught.value.problems] == ["config.driver"]


def test_what_a_server_says_is_told_without_its_words(tmp_path):
    database = SQLiteThroughAlchemy(tmp_path / "no" / "such.db")
    with pytest.raises(DependencyUnavailable, match="does not answer: OperationalError"):
        database.probe()
