import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.tables.changes.base import Patience
from migrations_app.stores.tables.changes.opening import open_change_log
from tests.stores.tables.changes.places import WORKER, SqlitePlace


def test_who_only_looks_changes_nothing(tmp_path):
    place = SqlitePlace(tmp_path / "shop.sqlite3")
    place.run("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    with open_change_log(place.config, {}, run=7, read_only=True) as log:
        assert log.problems(place.watched[:1]) == []
        with pytest.raises((ValidationFailed, DependencyUnavailable)):
            log.install(place.watched[:1], WORKER, Patience(seconds=0))
        assert not log.installed()


def test_other_databases_have_none_and_are_told_what_else_there_is():
    config = {"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "db", "database": "shop", "username": "shop"}
    with pytest.raises(ValidationFailed) as refused:
        open_change_log(config, {}, run=7)

    assert [problem.code for problem in refused.value.problems] == ["no_change_log"]
