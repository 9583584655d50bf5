import asyncio
import threading
import time

import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.async_router import AsyncSessionRouter
from migrations_app.routing.errors import SessionExists, WritesAreWaiting
from tests.routing.children import in_a_child
from tests.routing.routed_world import HOUR_MS, RoutedWorld


@pytest.fixture
def world():
    return RoutedWorld()


@pytest.fixture
async def router(world):
    async with AsyncSessionRouter(world.router(), threads=2) as router:
        yield router


async def test_a_session_from_its_creation_to_its_end(world, router):
    assert await router.get("id") is None
    await router.set("id", b"1", ttl_ms=HOUR_MS, must_create=True)
    with pytest.raises(SessionExists):
        await router.set("id", b"2", must_create=True)
    assert await router.touch("id")
    assert (await router.update("id", lambda session: session.value + b"2")).value == b"12"
    assert await router.delete("id")

    assert world.holds("a", "id") is None
    assert router.counters()["operations"] >= 6


async def test_operations_run_side_by_side_in_a_bounded_pool(world, router):
    await asyncio.gather(*(router.set(f"id-{number}", b"x") for number in range(50)))

    assert len(world.places["a"].rows) == 50
    assert 1 <= world.opened["a"] <= 2


async def test_close_ends_every_connection(world):
    router = AsyncSessionRouter(world.router(), threads=3)
    await asyncio.gather(*(router.get("id") for _ in range(20)))
    await router.close()

    assert world.closed == world.opened


class Slow:
    """A store whose writes wait inside."""

    def __init__(self, world):
        self.inside, self.go_on = threading.Event(), threading.Event()
        plain = world.open_store
        slow = self

        def open_store(config, secrets):
            store = plain(config, secrets)
            write = store.write

            def waiting(*args, **values):
                slow.inside.set()
                assert slow.go_on.wait(60)
                return write(*args, **values)

            store.write = waiting
            return store

        world.open_store = open_store


async def test_a_cancelled_operation_under_way_has_ended_when_the_caller_hears_of_it(world):
    slow = Slow(world)
    async with AsyncSessionRouter(world.router(), threads=1) as router:
        writing = asyncio.create_task(router.set("id", b"x"))
        waiting = asyncio.create_task(router.set("other", b"x"))
        assert await asyncio.to_thread(slow.inside.wait, 10)
        waiting.cancel()
        writing.cancel()
        await asyncio.wait([waiting])
        assert not writing.done()
        slow.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing

        assert world.holds("a", "id") == b"x"
        assert world.holds("a", "other") is None


async def test_a_cancelled_operation_that_waits_for_its_route_gives_up(world):
    world.publish(RoutePhase.HANDOFF, "a", fenced=True)
    async with AsyncSessionRouter(world.router(retry_budget_seconds=30), threads=1) as router:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(router.set("id", b"x"), 0.2)
        world.publish(RoutePhase.DUAL_A, "a", fenced=False)

        assert await router.get("id") is None


async def under_way(router, *session_ids):
    """Writes of these, each asked for before the next one."""
    writes = [asyncio.create_task(router.set(session_id, b"x")) for session_id in session_ids]
    await asyncio.sleep(0)  # each has run up to its wait
    return writes


async def test_reads_go_on_while_every_writing_thread_waits(world):
    world.join()
    world.publish(RoutePhase.HANDOFF, "a", fenced=True)
    async with AsyncSessionRouter(world.router(retry_budget_seconds=30), threads=1) as router:
        writes = await under_way(router, "1", "2")
        assert await asyncio.wait_for(router.get("id"), 10) is None
        assert (await asyncio.wait_for(router.ready(), 10)).phase is RoutePhase.HANDOFF
        world.publish(RoutePhase.PLAIN_A, "a", fenced=False)

        assert len(await asyncio.gather(*writes)) == 2


async def test_more_writes_than_its_queue_holds_are_refused_at_once(world):
    world.publish(RoutePhase.HANDOFF, "a", fenced=True)
    async with AsyncSessionRouter(world.router(retry_budget_seconds=30), threads=1, write_queue=2) as router:
        writes = await under_way(router, "1", "2", "3")
        with pytest.raises(WritesAreWaiting, match="Too many"):
            await router.set("4", b"x")
        writes.pop().cancel()
        await asyncio.sleep(0)
        writes += await under_way(router, "5")
        world.publish(RoutePhase.PLAIN_A, "a", fenced=False)
        await asyncio.gather(*writes)
        await asyncio.gather(*await under_way(router, "6", "7", "8"))

    assert world.places["a"].rows.keys() == {"1", "2", "5", "6", "7", "8"}


async def test_the_budget_begins_when_the_caller_asks(world):
    world.publish(RoutePhase.HANDOFF, "a", fenced=True)
    async with AsyncSessionRouter(world.router(retry_budget_seconds=1), threads=1) as router:
        began = time.monotonic()
        answers = await asyncio.gather(*await under_way(router, *"123456789abcdefghijk"), return_exceptions=True)
        took = time.monotonic() - began

    assert {type(answer) for answer in answers} == {WritesAreWaiting}
    assert 1 <= took < 20


async def test_errors_are_those_of_the_router(world):
    world.publish(RoutePhase.HANDOFF, "a", fenced=True)
    async with AsyncSessionRouter(world.router(retry_budget_seconds=0.05)) as router:
        with pytest.raises(WritesAreWaiting):
            await router.delete("id")


def test_a_child_has_threads_of_its_own(world):
    router = AsyncSessionRouter(world.router(), threads=1)
    asyncio.run(router.set("id", b"x"))

    assert in_a_child(lambda: asyncio.run(router.get("id")).value == b"x")
    asyncio.run(router.close())
