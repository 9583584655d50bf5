from collections.abc import Callable, Iterator

import pytest

from migrations_app.engine.plan import Target
from tests.handlers.session.zero_downtime.actions.stage import Reporting, Stage
from tests.handlers.session.zero_downtime.moves import ZeroMove


@pytest.fixture
def stage(sqlite_place: Callable[[], Target]) -> Iterator[Stage]:
    """SQLite to SQLite."""
    move = ZeroMove(sqlite_place(), sqlite_place(), background=False, live=Reporting())
    yield Stage(move)
    move.live.close()
