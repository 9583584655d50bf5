from dataclasses import replace

import pytest

from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime import levelness
from migrations_app.handlers.session.zero_downtime import verifier as verifying
from migrations_app.handlers.session.zero_downtime.verifier import NAMED_AT_MOST, Pass, summary
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.zero_downtime.world import InMemory


@pytest.fixture
def level_world(world: InMemory) -> InMemory:
    """Thirty sessions on both sides, nothing marked."""
    for number in range(30):
        world.write(f"id-{number}", b"%d" % number)
    world.relay(world.pair()).carry(ALL_BUCKETS)
    return world


def verify(world: InMemory, **values: object) -> Pass:
    return world.verifier(world.pair(), **values).run()


def carry(world: InMemory) -> None:
    world.relay(world.pair()).carry(ALL_BUCKETS)


def test_a_clean_pass_compares_each_session_of_the_authority_once(level_world: InMemory) -> None:
    found = verify(level_world)

    assert (found.compared, found.diverging, found.is_clean) == (30, 0, True)
    assert found.as_dict()["named"] == []


@pytest.mark.parametrize("kind", ["missing", "extra", "value"])
def test_each_divergence_is_named_repaired_and_gone_in_the_next_pass(level_world: InMemory, kind: str) -> None:
    rows = level_world.places["b"].rows
    if kind == "missing":
        del rows["id-7"]
    else:
        name = "id-7" if kind == "value" else "stranger"
        rows[name] = SessionRecord(name, b"damaged", expires_at_ms=rows["id-7"].expires_at_ms)

    found = verify(level_world)
    carry(level_world)

    assert (dict(found.kinds), found.repaired) == ({kind: 1}, 1)
    assert [entry["kind"] for entry in found.named] == [kind]
    assert verify(level_world).is_clean
    assert level_world.held("b", "id-7") == b"7"
    assert level_world.held("b", "stranger") is None


def test_what_differs_on_many_pages_settles_once(level_world: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with a single suspect used to cost the whole time to settle, in a large store most of a pass."""
    naps: list[float] = []
    monkeypatch.setattr(levelness.time, "sleep", naps.append)
    monkeypatch.setattr(verifying, "PAGE", 10)
    rows = level_world.places["b"].rows
    for name in ("id-3", "id-17", "id-29"):
        rows[name] = SessionRecord(name, b"damaged", expires_at_ms=rows[name].expires_at_ms)

    assert verify(level_world).repaired == 3
    assert len(naps) == 1


def test_many_are_counted_and_some_are_named(level_world: InMemory) -> None:
    level_world.places["b"].rows.clear()
    found = verify(level_world)

    assert (found.diverging, found.repaired, len(found.named)) == (30, 30, NAMED_AT_MOST)


def test_the_bucket_was_handed_over_since_the_pass_began(level_world: InMemory) -> None:
    del level_world.places["b"].rows["id-7"]
    verifier = level_world.verifier(level_world.pair())
    level_world.publish(RoutePhase.HANDOFF)
    level_world.publish(RoutePhase.DUAL_B)

    found = verifier.run()

    assert (found.diverging, found.repaired) == (1, 0)
    assert level_world.a.journal(ALL_BUCKETS).depth == level_world.b.journal(ALL_BUCKETS).depth == 0


def test_a_route_that_is_gone_is_not_repaired(level_world: InMemory) -> None:
    del level_world.places["b"].rows["id-7"]

    assert verify(level_world, now_published=lambda: None).repaired == 0


@pytest.mark.parametrize(("newest_wins", "kept"), [(True, b"newer"), (False, b"7")])
def test_a_regression_is_settled_as_the_plan_says(level_world: InMemory, newest_wins: bool, kept: bytes) -> None:
    before = level_world.places["a"].rows["id-7"]
    route = level_world.places["a"].route
    assert route is not None
    version = route.watched["id-7"].version
    level_world.write("id-7", b"newer")
    carry(level_world)
    level_world.places["a"].rows["id-7"], route.watched["id-7"].version = before, version  # a failover forgot it

    found = verify(level_world, newest_wins=newest_wins)
    if not newest_wins:
        assert found.regressed == 1
    while level_world.relay(level_world.pair()).carry(ALL_BUCKETS).ids:
        continue

    assert found.repaired == 1
    assert level_world.held("a", "id-7") == kept


def test_a_pass_can_be_stopped_after_any_page(level_world: InMemory) -> None:
    def tick(compared: int) -> None:
        raise SliceOver

    with pytest.raises(SliceOver):
        verify(level_world, tick=tick)


def test_the_panel() -> None:
    found = Pass(compared=3)

    panel = summary(2, found, clean_since="2026-03-02T09:00:00+00:00", repaired=4)

    assert (panel["passes"], panel["compared"], panel["repaired_in_all"], panel["diverging"]) == (2, 3, 4, 0)


@pytest.mark.parametrize("forgetful", [True, False])
@pytest.mark.parametrize("gone", [True, False])
def test_a_session_from_before_the_journal_that_its_authority_forgot(
    world: InMemory, gone: bool, forgetful: bool
) -> None:
    """It has no version on either side. Only of a server that was another one once is the copy believed."""
    for place in world.places.values():
        place.rows["one"] = SessionRecord("one", b"whole")
    if gone:
        del world.places["a"].rows["one"]
    else:
        world.places["a"].rows["one"] = SessionRecord("one", b"older")
    pair = world.pair()
    level = world.levelness(pair, forgetful=frozenset({"a"}) if forgetful else frozenset())

    found = replace(world.verifier(pair), level=level).run()
    world.relay(pair).carry(ALL_BUCKETS)

    kept = b"whole" if forgetful else None if gone else b"older"
    assert (found.repaired, found.regressed) == (1, int(forgetful))
    assert [world.held(side, "one") for side in ("a", "b")] == [kept, kept]
    assert replace(world.verifier(pair), level=level).run().is_clean


def test_what_comes_back_from_the_replica_has_the_authoritys_time(world: InMemory) -> None:
    """Side b's clock is half a minute ahead, and so are the deadlines that it holds."""
    deadline = world.a.now_ms() + 3_600_000
    world.places["b"].rows["one"] = SessionRecord("one", b"1", expires_at_ms=deadline + 30_000)
    pair = world.pair()
    level = world.levelness(pair, skew_ms=30_000, forgetful=frozenset({"a"}))

    replace(world.verifier(pair), level=level).run()

    assert world.places["a"].rows["one"].expires_at_ms == deadline
