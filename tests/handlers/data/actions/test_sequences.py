from pathlib import Path

from migrations_app.handlers.data.actions.copy import Copy
from migrations_app.handlers.data.actions.sequences import Sequences
from tests.handlers.data.moves import Move, change, rows_of, shop

TICKETS = "CREATE TABLE tickets (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);"


def test_the_next_row_gets_a_number_of_its_own(tmp_path: Path) -> None:
    move = Move(
        shop(tmp_path / "old.db", schema=TICKETS, filled=False), shop(tmp_path / "new.db", schema=TICKETS, filled=False)
    )
    change(move.source, "INSERT INTO tickets VALUES (41, 'a'), (7, 'b')")
    plan = move.plan()
    Copy().do(move.context("copy_01", plan=plan))
    ctx = move.context("sequences", plan=plan)
    for _ in range(2):
        Sequences().do(ctx)

    change(move.target, "INSERT INTO tickets (text) VALUES ('new')")
    assert (42, "new") in rows_of(move.target, "tickets")
