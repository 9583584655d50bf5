import pytest

from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.interruptions import SliceOver
from migrations_app.handlers.data.actions import verify
from migrations_app.handlers.data.actions.verify import Verify
from tests.handlers.data.moves import Move, change, rows_of
from tests.handlers.session.contexts import Notebook


@pytest.fixture
def copied(level: Move) -> Move:
    """Both sides hold the same; without what has no key."""
    level.parameters = {"existing": "empty", "tables": [{"source": "people"}, {"source": "orders"}]}
    return level


def test_partitions_compare_everything_once_and_are_put_together(copied: Move) -> None:
    plan = copied.plan()
    parts = [
        Verify().do(copied.context("verify", plan=plan, partition=number, partitions=3, leased_partitions=3))
        for number in range(3)
    ]
    merged = Verify().merge(parts)
    whole = Verify().do(copied.context("verify", plan=plan))
    assert merged == whole
    assert (merged["compared"], merged["passes"], merged["repaired"]) == (180, 1, 0)
    Verify().verify(copied.context("verify", plan=plan), merged)


def test_sums_that_are_not_equal_are_no_success(copied: Move) -> None:
    ctx = copied.context("verify")
    result = Verify().do(ctx)
    wrong = {**result["tables"]["people"], "equal": False}
    with pytest.raises(DataCorruption, match="people"):
        Verify().verify(ctx, {**result, "tables": {**result["tables"], "people": wrong}})


def test_it_goes_on_in_the_middle_of_a_pass(copied: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "CHUNK_ROWS", 25)
    plan = copied.plan()
    whole = Verify().do(copied.context("verify", plan=plan))
    for stop in range(1, 8):
        progress = Notebook({stop: SliceOver()})
        with pytest.raises(SliceOver):
            Verify().do(copied.context("verify", plan=plan, progress=progress))
        assert Verify().do(copied.context("verify", plan=plan, checkpoint=progress.last)) == whole


def test_what_differs_is_mended_named_and_compared_again(copied: Move) -> None:
    plan = copied.plan()
    change(copied.target, "DELETE FROM orders WHERE person = 3", "UPDATE people SET name = NULL WHERE 0")
    result = Verify().do(copied.context("verify", plan=plan))
    assert (result["repaired"], result["passes"]) == (2, 2)
    assert [each["key"] for each in result["differences"]] == [["3", "0"], ["3", "1"]]
    assert rows_of(copied.target, "orders") == rows_of(copied.source, "orders")


def test_a_look_only_counts(copied: Move) -> None:
    ctx = copied.context("verify", results={"prepare": {"tables": {"people": {"rows": 60}}}})
    assert Verify().preview(ctx) == {"rows": 60}
    assert Verify().manual_undo(ctx)
