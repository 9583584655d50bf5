"""The sample of many tables and types, through the engine: to PostgreSQL, to SQLite, and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.servers import PostgresServer
from tests.handlers.data.moves import Move, everything, shop
from tests.handlers.data.test_journey_to_postgres import content, finished
from tests.stores.tables.places import DatabasePlace, postgres_place, sqlite_place
from tests.stores.tables.sample.loading import load_sqlite

pytestmark = pytest.mark.servers


@pytest.fixture
def new(postgres_server: PostgresServer) -> Iterator[DatabasePlace]:
    with postgres_place(postgres_server) as place:
        yield place


def test_it_arrives_comes_back_and_is_taken_back(tmp_path: Path, new: DatabasePlace) -> None:
    load_sqlite(str(tmp_path / "sample.db"), 0.001)
    there = Move(sqlite_place(tmp_path / "sample.db"), new, {"chunk_rows": 500})
    journey = there.begin()
    view = finished(journey)

    assert len(view.plan.steps) < 20
    assert len(view.results["verify"]["tables"]) >= 20
    assert view.results["verify"]["compared"] >= 2_000
    assert view.results["verify"]["repaired"] == 0

    back = Move(new, shop(tmp_path / "last.db", schema="", filled=False), {"chunk_rows": 500})
    returned = back.begin()
    assert finished(returned).results["verify"]["repaired"] == 0
    finished(back.begin(RunKind.ROLLBACK, run_id=2, undoes=returned), RunState.ROLLED_BACK)
    assert everything(back.target)["schema"] == []

    finished(there.begin(RunKind.ROLLBACK, run_id=2, undoes=journey), RunState.ROLLED_BACK)
    assert content(new) == {}
