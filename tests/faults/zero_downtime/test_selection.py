"""A bounded selection of the faults inside `make test`: fewer points, shorter waits, the same oracles.

`make test-faults` runs them all.
"""

import pytest

from tests.faults.zero_downtime import scenarios as _registered  # noqa: F401 - registers them
from tests.faults.zero_downtime import table
from tests.faults.zero_downtime.registry import SCENARIOS, Verdict
from tests.faults.zero_downtime.sweep import Sweep
from tests.faults.zero_downtime.titles import TITLES

pytestmark = [pytest.mark.faults, pytest.mark.servers]

SELECTION = ("F12", "F21")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return Sweep(tmp_path_factory.mktemp("faults"), seed=1, scale=0.1, quick=True, longest_seconds=240)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", SELECTION)
def test_a_fault_ends_as_it_must(sweep: Sweep, fault: str) -> None:
    row = sweep.run(fault)
    assert row.verdict is Verdict.HELD, "\n".join([table.line(row), *table.problems(row)])


def test_every_fault_of_the_table_is_built() -> None:
    assert SCENARIOS.keys() == TITLES.keys()
