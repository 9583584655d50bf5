from collections.abc import Callable
from typing import Any

import pytest

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.zero_downtime import background
from migrations_app.handlers.session.zero_downtime.background import (
    LAG_WINDOW_SECONDS,
    Flow,
    RelayDriver,
    VerifierDriver,
    panel_after,
)
from migrations_app.handlers.session.zero_downtime.relay import Relayed
from migrations_app.handlers.session.zero_downtime.verifier import Pass
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.moves import KEY, ROUTE, content
from tests.handlers.session.zero_downtime.actions.stage import Stage
from tests.handlers.session.zero_downtime.world import InMemory


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """SQLite to SQLite, at DUAL_A with everything copied."""
    return Stage(request.getfixturevalue("idle")).before("prove")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay looks at the route and reports at each turn."""
    monkeypatch.setattr(background, "LOOK_AT_ROUTE_SECONDS", 0.0)
    monkeypatch.setattr(background, "SHOW_SECONDS", 0.0)


def context(stage: Stage, name: str, alive: Callable[[], None] = lambda: None) -> BackgroundContext:
    move = stage.move
    stage.token += 1
    return BackgroundContext(
        run_id=move.run_id,
        options=move.spec.options,
        parameters=move.spec.parameters,
        targets=move.spec.targets,
        worker=WorkerToken(f"background {name}", stage.token),
        clock=move.clock,
        routes=move.routes,
        live=move.live,
        log=stage.context("prove").log,
        alive=alive,
        extra={"fingerprint_key": KEY},
    )


def turns(*acts: Callable[[], Any]) -> Callable[[], None]:
    """Does one thing at each sign of life, then ends the slice."""
    left = list(acts)

    def alive() -> None:
        if not left:
            raise SliceOver
        left.pop(0)()

    return alive


def nothing() -> None:
    """A turn without an event."""


def test_the_relay_ends_with_the_route(stage: Stage) -> None:
    stage.undo("dual_write")

    assert RelayDriver().drive(context(stage, "relay")) is None
    stage.move.routes._records.clear()
    assert RelayDriver().drive(context(stage, "relay")) is None
    assert VerifierDriver().drive(context(stage, "verifier")) is None


@pytest.mark.usefixtures("at_once")
def test_the_relay_carries_reports_and_sees_the_end_while_it_runs(stage: Stage) -> None:
    stage.write("one", b"1")
    alive = turns(nothing, nothing, lambda: stage.undo("dual_write"), nothing)

    assert RelayDriver().drive(context(stage, "relay", alive)) is None
    assert content(stage.move.target)["one"][0] == b"1"
    panel = stage.move.live.panels["relay"]
    assert (panel["carried"], panel["depth"], panel["stuck"], panel["legacy_writes"]) == (1, 0, 0, 0)
    assert set(stage.move.live.panels["incarnations"]) >= {"a", "b"}


@pytest.mark.usefixtures("at_once")
def test_the_relay_goes_both_ways_while_some_buckets_are_handed_over(stage: Stage) -> None:
    stage.do("prove")
    stage.do("switch")
    stage.write("one", b"there")

    with pytest.raises(SliceOver):
        RelayDriver().drive(context(stage, "relay", turns(nothing, nothing)))
    assert content(stage.move.source)["one"][0] == b"there"


def test_a_relay_that_was_replaced_is_refused(stage: Stage) -> None:
    stage.write("one", b"1")
    ctx = context(stage, "relay")

    def replaced() -> None:
        with pytest.raises(SliceOver):
            RelayDriver().drive(context(stage, "relay", turns()))

    ctx = context(stage, "relay", turns(replaced, nothing))
    with pytest.raises(LeaseLost):
        RelayDriver().drive(ctx)
    assert "one" not in content(stage.move.target)


def test_the_verifier_shows_its_pass_and_rests(stage: Stage) -> None:
    ctx = context(stage, "verifier")
    wake_at = VerifierDriver().drive(ctx)

    assert wake_at is not None
    assert wake_at > stage.move.clock.now()
    panel = stage.move.live.panels["verifier"]
    assert (panel["passes"], panel["compared"], panel["diverging"]) == (2, 20, 0)
    assert panel["clean_since"]


def test_the_verifier_says_what_differed_and_the_next_pass_finds_it_repaired(stage: Stage) -> None:
    with stage.store("b") as b:
        b.write(SessionRecord("s-0000003", b"damaged"), None)
    ctx = context(stage, "verifier")
    VerifierDriver().drive(ctx)

    assert stage.move.live.panels["verifier"]["clean_since"] == ""
    assert "1 session(s) differed" in ctx.log.lines[-1]  # type: ignore[attr-defined]
    for _ in range(2):
        stage.carry()
        VerifierDriver().drive(context(stage, "verifier"))
    assert stage.move.live.panels["verifier"]["clean_since"]
    assert content(stage.move.target) == content(stage.move.source)


@pytest.mark.parametrize("event", ["hand-over", "another server", "the route is gone"])
def test_a_pass_that_something_overtook_proves_nothing(stage: Stage, event: str) -> None:
    stage.do("prove")
    before = stage.move.live.panels["verifier"]
    acts = {
        "hand-over": lambda: stage.do("switch"),
        "another server": lambda: stage.move.live.show(ROUTE, "incarnations", {"a": "another"}),
        "the route is gone": lambda: stage.move.routes._records.clear(),
    }
    again_at = VerifierDriver().drive(context(stage, "verifier", turns(acts[event])))

    assert again_at is not None
    assert again_at <= stage.move.clock.now()  # its first page was its last one: the next pass begins at once
    assert stage.move.live.panels["verifier"] == before


def test_what_late_drivers_of_the_backfill_hold_is_refused(world: InMemory) -> None:
    late = world.pair("run:7:transfer:0")
    pair = world.pair()
    close_partitions(7, 2, pair.b.sessions)

    with pytest.raises(LeaseLost):
        late.b.adopt([], late.worker)


def test_the_lag_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(background.time, "monotonic", lambda: now[0])
    flow = Flow()
    assert flow.lag_p99_ms == 0
    flow.saw("a", Relayed(ids=("a",), oldest_ms=900))
    assert flow.lag_p99_ms == 900

    now[0] += LAG_WINDOW_SECONDS + 1
    flow.saw("a", Relayed(ids=("b",) * 500, oldest_ms=12))
    flow.saw("a", Relayed(ids=("c",), oldest_ms=400))
    assert (flow.lag_p99_ms, flow.carried) == (12, 502)


def test_what_one_direction_cannot_carry_is_not_hidden_by_the_other() -> None:
    flow = Flow()
    flow.saw("a", Relayed(ids=(), stuck=2, problem="too long"))
    flow.saw("b", Relayed(ids=("x",)))
    assert flow.stuck() == {"stuck": 2, "stuck_on": "b", "problem": "too long"}

    flow.saw("a", Relayed())
    assert flow.stuck() == {"stuck": 0, "stuck_on": "", "problem": ""}


def test_the_panel_counts_passes_and_repairs() -> None:
    began = Pass(compared=3, repaired=2)
    panel = panel_after({"passes": 4, "repaired_in_all": 5}, began, at := InMemory().clock.now())

    assert (panel["passes"], panel["repaired_in_all"], panel["clean_since"]) == (5, 7, at.isoformat())


def test_a_route_without_two_stores_has_nothing_to_relay(stage: Stage) -> None:
    assert stage.record.phase is RoutePhase.DUAL_A
    stage.undo("dual_write")
    assert background.dual_record(context(stage, "relay")) is None
