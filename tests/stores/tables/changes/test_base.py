import time

import pytest

from migrations_app.stores.tables.changes.base import Patience
from tests.stores.tables.changes.places import SqlitePlace


def test_patience_ends():
    assert Patience(seconds=0).deadline() <= time.monotonic() < Patience(seconds=5).deadline()


def test_a_log_is_closed_at_the_end_of_its_block(tmp_path):
    place = SqlitePlace(tmp_path / "shop.sqlite3")
    place.run("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    with place.log() as log:
        assert not log.installed()

    with pytest.raises(Exception, match="closed"):
        log.installed()
