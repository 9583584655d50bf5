import json

from migrations_app.handlers.data import backups
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import reading
from migrations_app.handlers.data.written_since import WRITTEN_SINCE, keep
from migrations_app.stores.tables.base import ChunkDigest, Side
from migrations_app.stores.tables.selection import EVERYTHING
from tests.handlers.data.moves import Move, change


def kept(move: Move, name: str, *statements: str) -> tuple[int, list[str]]:
    """How many were said to be kept, and whose names."""
    move.parameters = {"existing": "empty"}
    move.without_notes()
    ctx = move.context("verify")
    selection = next(each for each in load(ctx).selections if each.target == name)
    with reading(ctx.targets[TARGET]) as target:
        before: ChunkDigest = target.digest(selection, EVERYTHING, side=Side.TARGET)
    change(move.target, *statements)
    with reading(ctx.targets[SOURCE]) as source, reading(ctx.targets[TARGET]) as target:
        rows = keep(ctx, source, target, selection, before)
    names = []
    for key in ctx.artifacts.keys(backups.prefix(1, name, WRITTEN_SINCE)):
        with ctx.artifacts.open(key) as stream:
            names += [json.loads(line)["values"]["name"] for line in stream]
    return rows, sorted(names)


def test_new_and_changed_rows_are_kept(level: Move) -> None:
    changes = ("INSERT INTO people VALUES (99, 'New', NULL)", "UPDATE people SET name = 'Changed' WHERE id = 2")
    assert kept(level, "people", *changes) == (2, ["Changed", "New"])


def test_what_is_as_it_was_compared_needs_no_look(level: Move) -> None:
    assert kept(level, "people") == (0, [])


def test_what_was_only_removed_leaves_nothing_to_keep(level: Move) -> None:
    assert kept(level, "people", "DELETE FROM people WHERE id = 2") == (0, [])


def test_without_a_key_rows_are_only_counted(level: Move) -> None:
    assert kept(level, "notes", "INSERT INTO notes VALUES ('x')", "INSERT INTO notes VALUES ('y')") == (2, [])


def test_a_table_that_is_dropped_already_holds_nothing(level: Move) -> None:
    assert kept(level, "people", "DROP TABLE people") == (0, [])
