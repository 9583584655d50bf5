"""The protocol as built holds in every reachable state of each small configuration.

`python -m tests.model --large` searches the larger ones and prints the table of docs/model.md.
"""

import pytest

from tests.model.ablations import BASELINES, COVERED, Row
from tests.model.search import Result, explore
from tests.model.state import FENCED, ORDER, Config, Record, adopt, mint, version


@pytest.mark.parametrize("row", [*BASELINES, *COVERED], ids=lambda row: row.name)
def test_every_property_holds_in_every_reachable_state(row: Row) -> None:
    result = explore(row.config)

    assert not result.broken, f"{result.broken}: {result.steps()}"
    assert result.complete
    if row in BASELINES:
        _came_where_it_was_meant_to(row, result)


def _came_where_it_was_meant_to(row: Row, result: Result) -> None:
    assert result.served > 1000
    if row.config.backs:
        assert result.back > 1000
    if row.config.finish:
        assert result.retired > 100


def test_the_model_goes_by_the_phases_of_the_code() -> None:
    assert [phase.value for phase, fenced in zip(ORDER, FENCED, strict=True) if not fenced] == ["plain_a", "retired"]


def test_versions_of_a_bucket_only_grow_while_clients_of_two_epochs_write() -> None:
    config = Config()
    store = config.initial().a
    seen = []
    for epoch in (3, 2, 3, 2):
        store = mint(config, store, epoch, 1)
        seen.append(version(store.record))

    assert seen == sorted(set(seen))
    adopted = adopt(config, store, Record(9, 40, 2))
    assert version(mint(config, adopted, 3, 1).record) == (9, 41)
