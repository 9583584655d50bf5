import pytest


def test_what_is_not_written_yet_says_so(sqlite):
    with sqlite.open() as database, pytest.raises(NotImplementedError):
        database.empty([], None)
