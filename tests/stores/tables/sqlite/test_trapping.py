"""What is found is seen in `tests/stores/tables/test_traps.py`."""

from migrations_app.stores.tables.schema import Catalogue, ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped, Selection

NUMBER = ColumnType(TypeKind.INTEGER, "integer", bits=64)


def test_a_table_that_holds_what_it_declares_has_no_traps_and_is_asked_once(sqlite):
    with sqlite.open() as database:
        connection = database._open(create=True)
        connection.executescript("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (NULL)")
        asked = []
        connection.set_trace_callback(asked.append)

        assert database.traps(Selection("t", "t", (), (Mapped("a", "a", type=NUMBER),)), Catalogue({})) == []
        assert len([each for each in asked if each.startswith('SELECT "a"')]) == 1
