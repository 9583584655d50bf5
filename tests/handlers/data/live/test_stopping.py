"""The ways to stop writers: by a person, and by taking their rights."""

import pytest

from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.handlers.data.live import steps
from migrations_app.testing.driving import LocalRun
from tests.handlers.data.live.shop import (
    Shop,
    died,
    drive_to,
    everything,
    finished,
    nothing_left,
    rolled_back,
    troubles,
)

pytestmark = pytest.mark.servers


def test_a_person_says_that_writers_are_stopped_and_they_are_not(two_servers: Shop, monkeypatch):
    monkeypatch.setattr("migrations_app.handlers.data.live.actions.hand_over.MOST_ATTEMPTS", 2)
    two_servers.fill(5)
    with two_servers.writers(1):
        run = two_servers.move(write_stop="confirm").begin()
        rolled_back(run, "Somebody still writes")
    nothing_left(two_servers)


def test_a_person_has_stopped_the_writers(shop: Shop):
    shop.fill(20)
    view = finished(shop.move(write_stop="confirm").begin())

    assert view.results[steps.HAND_OVER]["attempts"] == 1
    assert everything(shop.here, "items") == everything(shop.there, "items")


class TestRevoke:
    @pytest.fixture
    def clerk(self, two_servers: Shop):
        here = two_servers.here
        here.run("DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        here.run("GRANT USAGE ON SCHEMA shop TO clerk", "GRANT ALL ON {items}, {parts} TO clerk")
        two_servers.fill(20)
        with here.writer() as writer:
            writer.run("SET ROLE clerk")
            yield writer
        here.run("DROP OWNED BY clerk")

    def begun(self, shop: Shop) -> LocalRun:
        return shop.move(write_stop="revoke", write_roles="clerk").begin()

    def test_the_roles_have_their_rights_back_and_the_source_refuses(self, two_servers, clerk):
        run = self.begun(two_servers)
        drive_to(run, steps.SWITCH)
        assert "have moved" in clerk.refused("UPDATE {items} SET note = ''")
        finished(run)

        assert clerk.refused("UPDATE {items} SET note = ''") == ""

    def test_a_driver_that_dies_in_the_stop_is_followed_by_one_that_gives_back(self, two_servers, clerk):
        run = self.begun(two_servers)
        died(run, "data.live.revoked")
        assert "permission denied" in clerk.refused("UPDATE {items} SET note = ''")
        run.signal(Signal.ROLL_BACK)
        assert run.finish().state is RunState.ROLLED_BACK, troubles(run)

        assert clerk.refused("UPDATE {items} SET note = ''") == ""
        nothing_left(two_servers)
