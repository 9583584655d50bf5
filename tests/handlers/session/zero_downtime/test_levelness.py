from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.handlers.session.zero_downtime.levelness import DivergenceKind, Levelness
from migrations_app.stores.routed.base import ALL_BUCKETS, Guard
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.handlers.session.zero_downtime.world import InMemory


class Acting(MemoryRoutedStore):
    """Does something when it is asked which sessions are marked: between the verifier's two looks."""

    act: Callable[[], object] = staticmethod(lambda: None)

    def marked(self, ids: Sequence[str]) -> set[str]:
        found = super().marked(ids)
        self.act()
        return found


@pytest.fixture
def level(world: InMemory) -> Levelness:
    """Both sides hold “one”; nothing is marked."""
    world.write("one", b"1")
    pair = world.pair()
    world.relay(pair).carry(ALL_BUCKETS)
    return world.levelness(pair)


def damage(world: InMemory, side: str = "b", **changes: Any) -> None:
    place = world.places[side]
    place.rows["one"] = replace(place.rows["one"], **changes)


def kinds(level: Levelness, *ids: str) -> list[DivergenceKind]:
    return [divergence.kind for divergence in level.differing(ids or ["one"])]


def test_two_sides_that_are_level(level: Levelness) -> None:
    assert kinds(level) == kinds(level, "nobody") == []
    assert level.differing([]) == level.stable([], 0) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"value": b"2"}, DivergenceKind.VALUE),
        ({"extra": {"x": 1}}, DivergenceKind.VALUE),
        ({"expires_at_ms": None}, DivergenceKind.DEADLINE),
        ({"expires_at_ms": 1_772_445_600_001}, DivergenceKind.DEADLINE),
        ({"ttl_ms": 60_000}, DivergenceKind.LENGTH),
    ],
)
def test_each_kind_of_difference(
    world: InMemory, level: Levelness, changes: dict[str, Any], kind: DivergenceKind
) -> None:
    damage(world, **changes)

    assert kinds(level) == [kind]


@pytest.mark.parametrize(("side", "kind"), [("a", DivergenceKind.EXTRA), ("b", DivergenceKind.MISSING)])
def test_a_session_of_one_side_only(world: InMemory, level: Levelness, side: str, kind: DivergenceKind) -> None:
    del world.places[side].rows["one"]

    assert kinds(level) == [kind]


def test_the_authority_decides_what_is_extra(world: InMemory, level: Levelness) -> None:
    del world.places["a"].rows["one"]

    assert kinds(replace(level, authority_of=lambda _: "b")) == [DivergenceKind.MISSING]


def test_deadlines_within_the_tolerance_and_the_skew_are_equal(world: InMemory, level: Levelness) -> None:
    deadline = world.places["a"].rows["one"].expires_at_ms
    assert deadline is not None
    damage(world, expires_at_ms=deadline + 300)

    assert kinds(replace(level, skew_ms=250, tolerance_ms=50)) == []
    assert kinds(replace(level, skew_ms=250, tolerance_ms=49)) == [DivergenceKind.DEADLINE]


@pytest.mark.parametrize("side", ["a", "b"])
def test_around_its_deadline_a_session_may_be_on_one_side_only(world: InMemory, level: Levelness, side: str) -> None:
    other = "ab".replace(side, "")
    damage(world, other, expires_at_ms=world.a.now_ms() + 20)
    del world.places[side].rows["one"]

    assert kinds(replace(level, tolerance_ms=20)) == []
    assert len(kinds(replace(level, tolerance_ms=19))) == 1


def test_a_name_is_a_fingerprint_and_never_the_id(world: InMemory, level: Levelness) -> None:
    damage(world, value=b"2")
    found = level.differing(["one"])[0]

    assert "one" not in str(found.as_dict())
    assert found.as_dict() == {"kind": "value", "fingerprint": found.name}


def test_a_difference_that_lasts(world: InMemory, level: Levelness) -> None:
    damage(world, value=b"2")
    stable = level.stable(level.differing(["one"]), 0)

    assert [(divergence.id, divergence.regressed) for divergence in stable] == [("one", False)]


def test_what_is_marked_is_on_its_way(world: InMemory, level: Levelness) -> None:
    world.write("one", b"3")

    assert kinds(level) == [DivergenceKind.VALUE]
    assert level.stable(level.differing(["one"]), 0) == []


@pytest.mark.parametrize("settles", ["written anew", "level by now"])
def test_what_changed_between_the_two_looks_is_not_a_divergence(settles: str) -> None:
    world = InMemory(makes={"b": Acting})
    world.write("one", b"1")
    pair = world.pair()
    world.relay(pair).carry(ALL_BUCKETS)
    level = world.levelness(pair)
    sound = world.places["b"].rows["one"]
    damage(world, value=b"2")
    acts = {
        "written anew": lambda: world.a.write(SessionRecord("one", b"9"), Guard(5, journaled=False)),
        "level by now": lambda: world.places["b"].rows.update(one=sound),
    }
    assert isinstance(pair.b, Acting)
    pair.b.act = acts[settles]

    assert level.stable(level.differing(["one"]), 0) == []


def test_a_replica_that_is_ahead_shows_that_the_authority_forgot(world: InMemory, level: Levelness) -> None:
    world.write("one", b"2")
    world.relay(world.pair()).carry(ALL_BUCKETS)
    route = world.places["a"].route
    assert route is not None
    before = route.watched["one"].version
    route.watched["one"].version = before._replace(seq=before.seq - 1)
    damage(world, "a", value=b"1")

    assert [divergence.regressed for divergence in level.stable(level.differing(["one"]), 0)] == [True]
