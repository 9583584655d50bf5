import pytest

from migrations_app.engine.interruptions import SliceOver
from migrations_app.handlers.data.actions.copy import Copy
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading
from tests.handlers.data.moves import Move, rows_of
from tests.handlers.session.contexts import Notebook


def test_partitions_copy_their_ranges_and_add_up(move: Move) -> None:
    plan = move.plan()
    results = [
        Copy().do(move.context("copy_02", plan=plan, partition=number, partitions=2, leased_partitions=2))
        for number in range(2)
    ]
    merged = Copy().merge(results)
    (table,) = plan.step("copy_02").parameters["tables"]
    assert merged["tables"][table] == {"rows": merged["rows"], "rejected": 0}
    assert rows_of(move.target, table) == rows_of(move.source, table)
    assert merged["bytes"] > 0


def test_it_goes_on_behind_the_chunks_that_are_there(move: Move) -> None:
    plan, progress = move.plan(), Notebook({2: SliceOver()})
    with pytest.raises(SliceOver):
        Copy().do(move.context("copy_03", plan=plan, progress=progress))
    before = len(rows_of(move.target, "orders"))
    assert 0 < before < 120

    again = Notebook()
    result = Copy().do(move.context("copy_03", plan=plan, progress=again, checkpoint=progress.last))

    assert result["rows"] == 120
    assert rows_of(move.target, "orders") == rows_of(move.source, "orders")


def test_a_chunk_whose_checkpoint_was_lost_is_counted_all_the_same(move: Move) -> None:
    plan = move.plan()
    Copy().do(move.context("copy_03", plan=plan))
    assert Copy().do(move.context("copy_03", plan=plan))["rows"] == 120


def test_undo_empties_the_tables_of_the_step_and_forgets_their_marks(move: Move) -> None:
    plan = move.plan()
    ctx = move.context("copy_03", plan=plan)
    Copy().do(ctx)
    for _ in range(2):
        Copy().undo(ctx)
    assert rows_of(move.target, "orders") == []
    with reading(ctx.targets[TARGET]) as target:
        assert target.marks("run:1:copy_03") == {}


def test_a_look_estimates(move: Move) -> None:
    ctx = move.context("copy_03", results={"prepare": {"tables": {"orders": {"rows": 200_000}}}})
    assert Copy().preview(ctx) == {"rows": 200_000, "tables": {"orders": 200_000}, "seconds": 11, "partitions": 2}
