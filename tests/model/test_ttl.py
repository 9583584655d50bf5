import pytest

from tests.model.ttl import ROWS, Config, Row, explore


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_deadlines(row: Row) -> None:
    result = explore(row.config)

    if row.expected:
        assert result.broken.startswith(row.expected), result
    else:
        assert not result.broken, f"{result.broken}: {' | '.join(result.trace)}"
        assert result.states > 1000


def test_an_older_record_comes_back_when_nothing_is_left_to_compare_it_with() -> None:
    trace = explore(Config(grace=0)).trace

    assert any(step.startswith("shorten") for step in trace)
    assert trace[-1] == "backfill applies"
