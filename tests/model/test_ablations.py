"""Each safeguard, taken away alone, breaks a property: the search must find a counterexample of the expected kind."""

import pytest

from tests.model.ablations import ABLATIONS, Row
from tests.model.search import explore


@pytest.mark.parametrize("row", ABLATIONS, ids=lambda row: row.name)
def test_without_the_safeguard_a_property_breaks(row: Row) -> None:
    result = explore(row.config)

    assert result.broken, f"nothing broke in {result.states:,} states; is the safeguard of any use?"
    assert result.broken.startswith(row.expected), f"{result.broken}: {result.steps()}"


def test_no_row_has_the_name_of_another() -> None:
    assert len({row.name for row in ABLATIONS}) == len(ABLATIONS)
    assert all(row.expected and row.source for row in ABLATIONS)
