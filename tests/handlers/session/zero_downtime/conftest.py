from collections.abc import Callable, Iterator

import pytest

from migrations_app.engine.plan import Target
from tests.handlers.session.zero_downtime.moves import ZeroMove
from tests.handlers.session.zero_downtime.world import InMemory

Place = Callable[[], Target]


@pytest.fixture
def zero(sqlite_place: Place) -> Iterator[ZeroMove]:
    """SQLite to SQLite: nothing to start."""
    move = ZeroMove(sqlite_place(), sqlite_place())
    yield move
    move.live.close()


@pytest.fixture
def world() -> InMemory:
    """Two stores in memory."""
    return InMemory()
