from pathlib import Path

import pytest

from tests.handlers.data.moves import Move, shop


@pytest.fixture
def move(tmp_path: Path) -> Move:
    """The target has the source's tables, empty."""
    return Move(shop(tmp_path / "old.db"), shop(tmp_path / "new.db", filled=False))


@pytest.fixture
def into_nothing(tmp_path: Path) -> Move:
    """The target has no table."""
    return Move(shop(tmp_path / "old.db"), shop(tmp_path / "new.db", schema="", filled=False))


@pytest.fixture
def over_others(tmp_path: Path) -> Move:
    """The target's tables hold rows of others, which are to give way."""
    return Move(shop(tmp_path / "old.db"), shop(tmp_path / "new.db", people=9), {"existing": "empty"}).without_notes()


@pytest.fixture
def level(tmp_path: Path) -> Move:
    """Both sides hold the same already."""
    return Move(shop(tmp_path / "old.db"), shop(tmp_path / "new.db"))
