import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.routed.sqlite.store import RoutedSQLite


def test_a_store_is_opened_at_its_first_use(tmp_path):
    with open_routed({"store": "sqlite", "path": str(tmp_path / "s.db")}, {}) as store:
        assert isinstance(store, RoutedSQLite)

    assert not (tmp_path / "s.db").exists()


@pytest.mark.parametrize(
    ("config", "field"),
    [({"store": "snapshot", "path": "/srv/s"}, "config.store"), ({"store": "sqlite"}, "config.path")],
)
def test_what_serves_nobody_or_is_incomplete_is_refused(config, field):
    with pytest.raises(ValidationFailed) as refused:
        open_routed(config, {})

    assert [problem.field for problem in refused.value.problems] == [field]
