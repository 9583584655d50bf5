from datetime import datetime

import pytest

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.plan import Target
from migrations_app.engine.ports import Unwatched, WorkerToken
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.data.live import keeping
from migrations_app.testing.memory import ManualClock, MemoryRoutes
from tests.handlers.session.contexts import Log
from tests.stores.tables.changes.contract import FEW
from tests.stores.tables.changes.places import WORKER

pytestmark = pytest.mark.servers


def nothing() -> None:
    """Nobody watches."""


@pytest.fixture
def kept(make_place):
    """The log's place, and one turn of the keeper."""
    here, there = make_place("postgres"), make_place("sqlite")
    places = {"source": here, "target": there}
    targets = {
        role: Target(number, role, TargetKind.DATABASE, "test", place.config, place.secrets)
        for number, (role, place) in enumerate(places.items())
    }
    log = Log()
    context = BackgroundContext(
        7, {}, {}, targets, WorkerToken("run:7:background.change_log:0", 1), ManualClock(), MemoryRoutes(),
        Unwatched(), log, nothing,
    )  # fmt: skip
    return here, lambda: keeping.Keeper().drive(context), log


def test_it_ends_with_the_logs(kept):
    here, drive, _ = kept
    with here.installed() as log:
        assert isinstance(drive(), datetime)
        log.remove(WORKER, FEW)

    assert drive() is None


def test_changes_of_one_row_are_kept_once(kept, monkeypatch):
    monkeypatch.setattr(keeping, "MANY", 2)
    here, drive, heard = kept
    with here.installed() as log:
        here.run("INSERT INTO {items} VALUES (1, 'a', '')", *["UPDATE {items} SET note = 'again'"] * 5)
        drive()

        assert log.pending().changes == 1
        assert "5 changes" in heard.lines[0]


def test_what_a_dead_worker_took_is_given_back_after_its_time(kept):
    here, drive, heard = kept
    here.run(
        "DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "GRANT USAGE ON SCHEMA shop TO clerk",
        "GRANT ALL ON {items} TO clerk",
    )
    with here.installed() as log, here.writer() as clerk:
        clerk.run("SET ROLE clerk")
        log.revoke(["clerk"], 1, WORKER)
        assert "permission denied" in clerk.refused("DELETE FROM {items}")
        here.wait(lambda: drive() is not None and clerk.refused("DELETE FROM {items}") == "")
        clerk.run("RESET ROLE")
        log.remove(WORKER, FEW)
    here.run("DROP OWNED BY clerk")

    assert any("may write again" in line for line in heard.lines)
