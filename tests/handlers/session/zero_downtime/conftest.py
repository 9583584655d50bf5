from collections.abc import Callable, Iterator

import pytest

from migrations_app.engine.plan import Target
from migrations_app.handlers.session.zero_downtime.actions import switch
from tests.handlers.session.zero_downtime.actions.stage import Reporting
from tests.handlers.session.zero_downtime.moves import ZeroMove
from tests.handlers.session.zero_downtime.world import InMemory, OnServers

Place = Callable[[], Target]


@pytest.fixture(autouse=True)
def nothing_to_listen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a hand-over nobody listens: where nothing goes on beside the steps, schedules count each sign of life."""
    monkeypatch.setattr(switch, "LISTEN_TIMES", 0)
    monkeypatch.setattr(switch, "LISTEN_SECONDS", 0.0)


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


@pytest.fixture
def idle(sqlite_place: Place) -> Iterator[ZeroMove]:
    """SQLite to SQLite; nothing goes on beside the steps, and every gate hears that all is well."""
    move = ZeroMove(sqlite_place(), sqlite_place(), background=False, live=Reporting())
    yield move
    move.live.close()


@pytest.fixture
def real(request: pytest.FixtureRequest, places: dict[str, Place]) -> Iterator[OnServers]:
    """Two stores of the kind that the test asks for (`EVERY_STORE`); without a wish, SQLite."""
    kind = getattr(request, "param", "sqlite")
    world = OnServers(places={"a": places[kind](), "b": places[kind]()})
    yield world
    world.close()
