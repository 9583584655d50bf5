from migrations_app.handlers.session.zero_downtime.collector import COLLECT_AFTER_MS, PAGE, Collector
from migrations_app.stores.routed.base import ALL_BUCKETS
from tests.handlers.session.zero_downtime.world import InMemory


def dead(world: InMemory, side: str) -> set[str]:
    return {tombstone.id for tombstone in world.side(side).tombstones("", 10_000)[0]}


def test_old_ones_go_on_both_sides(world: InMemory) -> None:
    world.delete("one")
    pair = world.pair()
    world.relay(pair).carry(ALL_BUCKETS)
    assert Collector(pair, pair.worker).collect() == 0
    world.let_pass(COLLECT_AFTER_MS)

    assert Collector(pair, pair.worker).collect() == 2
    assert dead(world, "a") == dead(world, "b") == set()


def test_what_a_journal_still_owes_stays_on_both_sides(world: InMemory) -> None:
    world.delete("one")
    world.relay(world.pair()).carry(ALL_BUCKETS)
    world.delete("one")
    world.let_pass(COLLECT_AFTER_MS)
    pair = world.pair()

    assert Collector(pair, pair.worker).collect() == 0
    assert dead(world, "a") == dead(world, "b") == {"one"}


def test_one_that_came_to_life_meanwhile_is_no_tombstone(world: InMemory) -> None:
    world.delete("one")
    world.write("one", b"again")
    pair = world.pair()
    world.relay(pair).carry(ALL_BUCKETS)
    world.let_pass(COLLECT_AFTER_MS)

    assert Collector(pair, pair.worker).collect() == 0
    assert world.held("a", "one") == world.held("b", "one") == b"again"


def test_page_after_page(world: InMemory) -> None:
    for number in range(PAGE + 3):
        world.delete(f"id-{number}")
    pair = world.pair()
    while world.relay(pair).carry(ALL_BUCKETS).ids:
        continue
    world.let_pass(COLLECT_AFTER_MS)

    assert Collector(pair, pair.worker).collect() == 2 * (PAGE + 3)
