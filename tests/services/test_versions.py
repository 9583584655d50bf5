import pytest

from migrations_app.services.errors import StaleEdit
from migrations_app.services.versions import next_version, require_seen


class Row:
    version = 3


@pytest.mark.parametrize("seen", [None, [3], [1, 3], {3}])
def test_who_saw_the_newest_or_says_nothing_goes_on(seen):
    row = Row()
    next_version(row, "It", seen)
    assert row.version == 4


@pytest.mark.parametrize(("seen", "says"), [([2], ", you saw 2."), ([0], "version 3."), ([4], "4.")])
def test_everybody_else_is_told_and_changes_nothing(seen, says):
    row = Row()
    with pytest.raises(StaleEdit, match="It was changed meanwhile: it is at version 3") as refused:
        next_version(row, "It", seen)
    assert says in refused.value.message
    assert (row.version, refused.value.details, refused.value.fix != "") == (3, {"version": 3}, True)
    with pytest.raises(StaleEdit):
        require_seen("It", 3, seen)
