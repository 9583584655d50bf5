from dataclasses import replace

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Mapped, Selection
from tests.stores.tables.orders import selection_of
from tests.stores.tables.places import alchemy_place


def test_a_stream_that_nobody_reads_to_its_end_keeps_nobody_waiting(tmp_path):
    with alchemy_place(tmp_path / "a.db").open() as database:
        database._open().exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT)")
        rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n, 'x' FROM c"
        database._open().exec_driver_sql(f"INSERT INTO t {rows}")
        selection = selection_of(database, database, ("t", "t"), ["id"])
        stream = database.carried(selection, EVERYTHING)
        assert next(stream) == (1, "x")
        stream.close()

        assert database.digest(selection, EVERYTHING, side=Side.SOURCE).rows == 3000
        within = KeyRange(("2",), ("30",))
        bytewise = replace(selection, bytewise=True)
        assert database.count(bytewise, within, side=Side.SOURCE) == 1112  # 20 to 2999 by their texts, and 3 and 30
        assert database.end_of_chunk(bytewise, EVERYTHING, side=Side.SOURCE, rows=2, size=10**6) == ("10",)
        alone = Selection("t", "t", (), (Mapped("note", "note"),))
        assert database.end_of_chunk(alone, EVERYTHING, side=Side.SOURCE, rows=1, size=1) == ()
