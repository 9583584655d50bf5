"""The watchers of `benchmarks.watchers`, and the run that they watch; in the surroundings of its web process.

`python -m benchmarks.watching PORT PROCESS_ID WATCHERS EVENTS A_SECOND REPLAYED`
"""

import asyncio
import json
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.test import Client  # noqa: E402  models load only after django.setup()
from websockets.asyncio.client import ClientConnection, connect  # noqa: E402
from websockets.exceptions import InvalidMessage  # noqa: E402

from benchmarks.journaled_steps import plan_of, queued_run  # noqa: E402
from migrations_app.engine.events import EventType, NewEvent  # noqa: E402
from migrations_app.engine.vocabulary import RunKind  # noqa: E402
from migrations_app.models import Person, Run  # noqa: E402
from migrations_app.runtime import leases  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402
from migrations_app.runtime.journal import OrmJournal  # noqa: E402
from migrations_app.runtime.leases import Scope  # noqa: E402

GOAL_P99_MS, GOAL_GROWTH_MB = 300, 20
LEASE_SECONDS = 3_600.0
PATIENCE = 120.0
AT_ONCE = 8  # handshakes
BATCH = 20  # events an append of the replay: a copy's checkpoints and what it says of them
MOST = 500  # what a page asks for
_HEAD = re.compile(r'"kind": "events".*?"from": (\d+), "to": (\d+)')


@dataclass(slots=True)
class Watcher:
    """`arrived`: sequence number -> when it came; `last` is the newest."""

    socket: ClientConnection
    arrived: dict[int, float] = field(default_factory=dict)
    count: int = 0
    last: int = 0

    async def watch(self) -> None:
        async for text in self.socket:
            now, head = time.monotonic(), _HEAD.search(str(text)[:200])
            for seq in range(int(head[1]), int(head[2]) + 1) if head else ():
                self.arrived.setdefault(seq, now)
                self.count, self.last = self.count + 1, max(self.last, seq)

    async def reaches(self, seq: int) -> None:
        ends = time.monotonic() + PATIENCE
        while self.last < seq:
            if time.monotonic() > ends:
                raise RuntimeError(f"a watcher has event {self.last} only, of {seq}")
            await asyncio.sleep(0.02)


class Writer:
    """A driver of the run that says something."""

    def __init__(self, run: Run) -> None:
        clock, scope = SystemClock(), Scope(run.pk)
        leases.schedule([scope])
        worker = leases.claim(scope, "bench", LEASE_SECONDS)
        if worker is None:
            raise RuntimeError("the run could not be claimed")
        self._journal = OrmJournal(run_id=run.pk, kind=RunKind.APPLY, plan=plan_of(10), worker=worker, clock=clock)
        self._journal.load()
        self.seq = self._journal.append([NewEvent(EventType.RUN_STARTED)]).seq

    def write(self, count: int = 1) -> None:
        said = [f"\x1b[32mbatch\x1b[0m {self.seq + n}: 1,000 sessions in 0.41 s" for n in range(count)]
        events = [NewEvent(EventType.LOGGED, payload={"level": "info", "message": text}) for text in said]
        self.seq = self._journal.append(events).seq


async def measure(port: int, process: int, watchers: int, events: int, a_second: float, replayed: int) -> None:
    run, cookie = await asyncio.to_thread(prepared)
    writer = await asyncio.to_thread(Writer, run)
    few = asyncio.Semaphore(AT_ONCE)
    sockets = await asyncio.gather(*(opened(port, cookie, few) for _ in range(watchers)))
    crowd = [Watcher(socket) for socket in sockets]
    tasks = [asyncio.create_task(watcher.watch()) for watcher in crowd]
    for watcher in crowd:
        await watcher.socket.send(subscription(run, writer.seq, MOST))
    await asyncio.sleep(2)
    tell_latency(await latencies(writer, crowd, events, a_second), watchers)
    await tell_growth(run, writer, crowd, process, replayed, Watcher(await opened(port, cookie, few)))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*(socket.close() for socket in sockets))


def prepared() -> tuple[Run, str]:
    """A run, and the session of somebody who may watch it."""
    run = queued_run(plan_of(10), datetime.now(UTC))
    person = Person.objects.create_superuser("watcher", "watcher@example.org")
    client = Client()
    client.force_login(person)
    return run, str(client.cookies["sessionid"].value)


async def opened(port: int, cookie: str, few: asyncio.Semaphore) -> ClientConnection:
    """As a browser does it: again, when a busy server has closed the door before it answered."""
    where, headers = f"ws://127.0.0.1:{port}/ws/live/", {"Cookie": f"sessionid={cookie}"}
    ends = time.monotonic() + PATIENCE
    async with few:
        while True:
            try:
                return await connect(
                    where,
                    origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
                    additional_headers=headers,
                    proxy=None,
                    max_size=None,
                    open_timeout=PATIENCE,
                )
            except InvalidMessage:
                if time.monotonic() > ends:
                    raise


def subscription(run: Run, after: int, most: int) -> str:
    return json.dumps({"op": "subscribe", "run": run.pk, "after": after, "most": most})


async def latencies(writer: Writer, crowd: Sequence[Watcher], events: int, a_second: float) -> list[float]:
    """Milliseconds from before the append, of each event at each watcher."""
    begun = {}
    for _ in range(events):
        begun[writer.seq + 1] = time.monotonic()
        await asyncio.to_thread(writer.write)
        await asyncio.sleep(max(0.0, begun[writer.seq] + 1 / a_second - time.monotonic()))
    for watcher in crowd:
        await watcher.reaches(writer.seq)
    return [1000 * (watcher.arrived[seq] - at) for watcher in crowd for seq, at in begun.items()]


def tell_latency(taken: Sequence[float], watchers: int) -> None:
    hundredths = statistics.quantiles(taken, n=100)
    print(f"Event to client, {watchers} watchers of one run, {len(taken):,} arrivals")
    print(f"  p50 {statistics.median(taken):.0f} ms   p99 {hundredths[98]:.0f} ms   longest {max(taken):.0f} ms")
    print(f"  goal: p99 below {GOAL_P99_MS} ms: {'met' if hundredths[98] < GOAL_P99_MS else 'missed'}\n", flush=True)


async def tell_growth(
    run: Run, writer: Writer, crowd: Sequence[Watcher], process: int, replayed: int, reader: Watcher
) -> None:
    before = resident_mb(process)
    begun = time.monotonic()
    for _ in range(replayed // BATCH):
        await asyncio.to_thread(writer.write, BATCH)
    for watcher in crowd:
        await watcher.reaches(writer.seq)
    written, after_writing = time.monotonic() - begun, resident_mb(process)
    task = asyncio.create_task(reader.watch())
    await reader.socket.send(subscription(run, 0, 0))
    await reader.reaches(writer.seq)
    task.cancel()
    after = resident_mb(process)
    growth = max(after, after_writing) - before
    print(f"Memory of the web process, {replayed:,} events written in {written:.0f} s, then read from the first")
    print(f"  before {before:.0f} MB   after the writing {after_writing:.0f} MB   after the reading {after:.0f} MB")
    print(f"  the reader got {reader.count:,} events, each watcher {statistics.median(w.count for w in crowd):,.0f}")
    verdict = "met" if growth <= GOAL_GROWTH_MB else "missed"
    print(f"  goal: grows by at most {GOAL_GROWTH_MB} MB: it grew by {growth:.0f} MB, {verdict}")
    await reader.socket.close()


def resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    port, process, watchers, events, a_second, replayed = sys.argv[1:]
    asyncio.run(measure(int(port), int(process), int(watchers), int(events), float(a_second), int(replayed)))
