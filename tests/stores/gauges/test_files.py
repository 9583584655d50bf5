import sqlite3

import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.stores.gauges import open_gauge
from tests.stores.gauges.contract import GaugeContract
from tests.stores.gauges.target import target_of


class TestSQLite(GaugeContract):
    @pytest.fixture(params=[TargetKind.SESSION_STORE, TargetKind.DATABASE])
    def target(self, request, tmp_path):
        path = str(tmp_path / "store.sqlite3")
        sqlite3.connect(path).close()
        name = "store" if request.param is TargetKind.SESSION_STORE else "engine"
        return target_of({name: "sqlite", "path": path}, kind=request.param)

    @pytest.fixture
    def busy(self, target):
        def work():
            connection = sqlite3.connect(target.config["path"])
            connection.execute("CREATE TABLE t AS SELECT zeroblob(100000) AS wide")
            connection.commit()
            connection.close()

        return work


class TestSnapshot(GaugeContract):
    @pytest.fixture
    def target(self, tmp_path):
        path = tmp_path / "sessions.ndjson"
        path.write_text("{}\n")
        return target_of({"store": "snapshot", "path": str(path)})

    @pytest.fixture
    def busy(self, tmp_path):
        return lambda: (tmp_path / "sessions.ndjson").write_text("{}\n" * 100)


def test_a_file_that_is_not_there_is_no_empty_one(tmp_path):
    for store, error in (("sqlite", ValidationFailed), ("snapshot", DependencyUnavailable)):
        with (
            pytest.raises(error, match=r"cannot be (opened|read)"),
            open_gauge(target_of({"store": store, "path": str(tmp_path / "none")})) as gauge,
        ):
            gauge.read()
    assert not (tmp_path / "none").exists()
