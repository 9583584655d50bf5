import pytest

from migrations_app.engine.errors import LeaseLost, MigrationError
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.sides import reader, reading, writing
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import SEEDER, fill, sessions


@pytest.mark.parametrize("kind", ["redis", "sqlite", "postgres"])
def test_what_is_opened_for_reading_cannot_write(places, kind):
    target = places[kind]()
    fill(target, sessions(3))

    for opening in (reading(target), reader(target)()):
        with opening as store:
            assert store.count() == 3
            with pytest.raises(MigrationError):
                store.apply(sessions(1), SEEDER)


def test_opening_for_writing_shuts_out_the_driver_before(move):
    fill(move.target, [])
    first, second = context(move, token=1), context(move, token=2)

    with writing(first, "target") as old, writing(second, "target") as new:
        new.apply(sessions(1), second.worker)
        with pytest.raises(LeaseLost):
            old.apply(sessions(1), first.worker)


def test_a_driver_that_comes_too_late_is_refused_at_the_door(move):
    fill(move.target, [])
    late = context(move, token=1)
    with writing(context(move, token=2), "target") as store:
        store.raise_worker_fence(WorkerToken(late.worker.scope, 2))

    with pytest.raises(LeaseLost), writing(late, "target"):
        pass
