from migrations_app.stores.tables.alchemy.moves import Moves, side_table
from tests.stores.tables.orders import WORKER
from tests.stores.tables.places import alchemy_place


def test_scopes_are_told_apart_by_their_bytes_and_the_table_goes_with_the_last(tmp_path):
    with alchemy_place(tmp_path / "a.db").open() as database:
        database.raise_worker_fence(WORKER)
        for scope in ("run:7:copy:t:0", "run:7:copy:T:0"):
            assert database.stand(scope, WORKER).rows == 0
        assert list(database.marks("run:7:copy:t")) == ["run:7:copy:t:0"]
        database.forget("run:7:copy:T", WORKER)
        assert list(database.marks("run:7:")) == ["run:7:copy:t:0"]
        database.forget("run:7:", WORKER)
        assert not Moves(database._open(), side_table(None)).exist()
