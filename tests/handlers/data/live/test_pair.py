import pytest

from migrations_app.engine.errors import InsufficientResources, StepFailed
from migrations_app.handlers.data.live.pair import require_room, require_whole

pytestmark = pytest.mark.servers


def test_a_log_with_room_enough(make_place):
    place = make_place("sqlite")
    with place.installed() as log:
        require_whole(log, "shop")
        require_room(log, "shop", 1)
        place.run("INSERT INTO {items} VALUES (1, 'a', '')")
        require_room(log, "shop", 1000)


def test_changes_that_are_noted_twice_make_room(make_place):
    place = make_place("sqlite")
    with place.installed() as log:
        place.run("INSERT INTO {items} VALUES (1, 'a', '')", *["UPDATE {items} SET note = 'again'"] * 9)
        require_room(log, "shop", 100)

        assert log.pending().changes == 1
        with pytest.raises(InsufficientResources, match="1 changes"):
            require_room(log, "shop", 10)


def test_a_log_that_is_not_whole_is_said_with_its_database(make_place):
    place = make_place("sqlite")
    with place.installed() as log:
        place.drop_a_trigger()
        with pytest.raises(StepFailed, match="“shop” is not whole any more"):
            require_whole(log, "shop")
