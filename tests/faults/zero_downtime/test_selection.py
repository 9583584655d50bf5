"""A bounded selection of the faults inside `make test`: fewer points, shorter waits, the same oracles.

`make test-faults` runs them all.
"""

from pathlib import Path

import pytest

from tests.faults.zero_downtime import table
from tests.faults.zero_downtime.registry import Verdict
from tests.faults.zero_downtime.sweep import Sweep

pytestmark = [pytest.mark.faults, pytest.mark.servers, pytest.mark.xdist_group("zero-downtime-faults")]

SELECTION = ("F0", "F12", "F14", "F21")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return Sweep(tmp_path_factory.mktemp("faults"), seed=1, scale=0.1, quick=True, longest_seconds=240)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", SELECTION)
def test_a_fault_ends_as_it_must(sweep: Sweep, fault: str) -> None:
    row = sweep.run(fault)
    assert row.verdict is Verdict.HELD, "\n".join([table.line(row), *table.problems(row)])


def test_what_is_not_built_is_never_passed(tmp_path: Path) -> None:
    row = Sweep(tmp_path, quick=True).run("F23")
    assert row.verdict is Verdict.NOT_BUILT
