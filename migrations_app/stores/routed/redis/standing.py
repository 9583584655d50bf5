"""A store's standing under a route: joined or not, fences, mirrored record, tombstones, what it tells of itself."""

import time
from collections.abc import Sequence
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.routed.base import ALL_BUCKETS, Tombstone, bucket_of
from migrations_app.stores.routed.redis import worker_scripts as scripts
from migrations_app.stores.routed.redis.keys import KINDS, RouteKeys, writer
from migrations_app.stores.routed.redis.wire import Wire, command, packed
from migrations_app.stores.sessions.paging import read_cursor, write_cursor
from migrations_app.stores.sessions.records import Version
from migrations_app.stores.sessions.redis.layout import RedisLayout
from migrations_app.stores.sessions.redis.meta import meta_key, pack, unpack
from migrations_app.stores.sessions.redis.store import CHUNK_RECORDS

SCAN_COUNT = 1000
MEASURE_SECONDS = 30.0


class Standing:
    def __init__(self, layout: RedisLayout, keys: RouteKeys, wire: Wire) -> None:
        self._layout = layout
        self._keys = keys
        self._wire = wire
        self._ahead_ms = 0.0
        self._measure_at = 0.0

    def join(self, worker: WorkerToken, route: str, fence: int, document: str, epoch: int) -> None:
        keys = self._keys
        there = self._record()
        if there and there[2] not in (b"", route.encode()):
            raise ValidationFailed("The store is under another route; take it out of that one first.")
        own, token = writer(worker)
        names = packed(own, keys.route, keys.marker, keys.legacy, token)
        gates = packed(pack(list(ALL_BUCKETS)), b"%d" % fence, keys.start("gate"))
        self._wire.run(scripts.JOIN, names + gates + packed(b"%d" % epoch, document.encode(), route.encode()))

    def leave(self, worker: WorkerToken) -> None:
        """The gates go first: from then on no guarded write can leave anything new behind."""
        keys = self._keys
        own = packed(*writer(worker))
        names = [keys.start(kind) + b"%d" % bucket for kind in KINDS for bucket in range(BUCKETS)]
        self._wire.run(scripts.REMOVE, own + packed(pack(names)))
        stay = self._clear_metas(own)
        self._wire.run(scripts.REMOVE, own + packed(pack([keys.route, keys.legacy, *([] if stay else [keys.marker])])))

    def _clear_metas(self, own: bytes) -> int:
        pattern = meta_key(self._layout.pattern[:-1])[:-1] + b"*"
        lead, stay, cursor = len(meta_key(b"")) - 1, 0, b"0"
        while True:
            words = command(b"SCAN", cursor, b"MATCH", pattern, b"COUNT", b"%d" % SCAN_COUNT)
            cursor, names = self._wire.ask(words)
            for start in range(0, len(names), CHUNK_RECORDS):
                chunk = names[start : start + CHUNK_RECORDS]
                pairs = [part for name in chunk for part in (name[lead:-1], name)]
                stay += int(self._wire.run(scripts.CLEAR, own + packed(pack(pairs))))
            if cursor == b"0":
                return stay

    def _record(self) -> list[Any]:
        blob = self._wire.ask(command(b"GET", self._keys.route))
        return list(unpack(blob)) if blob else []

    def joined(self) -> bool:
        there = self._record()
        return bool(there and there[2])

    def mirrored(self) -> str:
        there = self._record()
        return there[1].decode() if there else ""

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken) -> None:
        """At once: the server runs one script at a time, so no write is ever under way."""
        words = packed(*writer(worker), pack(list(buckets)), b"%d" % epoch, self._keys.start("gate"))
        self._wire.run(scripts.RAISE, words)

    def fences(self) -> Sequence[int]:
        found = self._wire.ask(command(b"MGET", *self._keys.gates))
        return [int(fence or 0) for fence in found] if any(found) else []

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        own, token = writer(worker)
        words = packed(own, self._keys.route, token, b"%d" % epoch, document.encode())
        self._wire.run(scripts.MIRROR, words)

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        at = read_cursor(cursor) if cursor else {}
        bucket, least, past = int(at.get("bucket", 0)), int(at.get("since", 0)), bytes.fromhex(at.get("past", ""))
        limit = max(1, min(limit, scripts.LARGEST_LIMIT))
        most = limit + 1
        while True:
            where = (b"%d" % bucket, b"%d" % least, b"%d" % most, self._keys.start("dead"), self._keys.prefix)
            entries = unpack(self._wire.run_reading(scripts.TOMBSTONES, packed(*where)))
            # Of those of the same millisecond the earlier ones were handed out by the page before.
            found = [entry for entry in entries if (entry[0], entry[2]) != (bucket, least) or entry[1] >= past]
            if len(found) > limit or len(entries) < most:
                break
            most *= 2
        page = [
            Tombstone(name.decode(), Version(epoch, seq), int(since)) for _, name, since, epoch, seq in found[:limit]
        ]
        if len(found) <= limit:
            return page, ""
        before, after = found[limit - 1], found[limit]
        apart = b"" if (before[0], before[2]) != (after[0], after[2]) else _apart(before[1], after[1])
        return page, write_cursor(bucket=after[0], since=int(after[2]), past=apart.hex())

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        gone = 0
        for start in range(0, max(1, len(tombstones)), CHUNK_RECORDS):
            chunk = [[bucket_of(each.id), each.id, *each.version] for each in tombstones[start : start + CHUNK_RECORDS]]
            starts = (self._keys.start("dead"), self._keys.prefix, self._keys.start("journal"))
            words = packed(*writer(worker), pack(chunk), *starts)
            gone += int(self._wire.run(scripts.FORGET, words))
        return gone

    def legacy_writes(self) -> int:
        return int(self._wire.ask(command(b"GET", self._keys.legacy)) or 0)

    def now_ms(self) -> int:
        """Our clock plus the difference, which is measured anew every half minute, over the fastest of three asks."""
        if time.monotonic() >= self._measure_at:
            self._ahead_ms = min(self._measured() for _ in range(3))[1]
            self._measure_at = time.monotonic() + MEASURE_SECONDS
        return int(time.time() * 1000 + self._ahead_ms)

    def _measured(self) -> tuple[float, float]:
        """How long the ask took, in seconds, and how far the server's clock is ahead of ours, in ms."""
        before = time.time()
        seconds, micros = self._wire.ask(command(b"TIME"))
        after = time.time()
        return after - before, int(seconds) * 1000 + int(micros) / 1000 - (before + after) * 500

    def incarnation(self) -> str:
        """Run id and replication id: a restart changes the first, a promotion the second."""
        server, replication = self._wire.ask(command(b"INFO", b"server"), command(b"INFO", b"replication"))
        return f"{_line(server, b'run_id')}:{_line(replication, b'master_replid')}"

    def highest_seqs(self) -> Sequence[int]:
        found = self._wire.ask(command(b"MGET", *self._keys.seqs))
        return [int(newest or 0) for newest in found]


def _line(text: bytes, name: bytes) -> str:
    (value,) = (line[len(name) + 1 :] for line in text.splitlines() if line.startswith(name + b":"))
    return value.decode()


def _apart(before: bytes, after: bytes) -> bytes:
    """The leading part of the greater name that tells it from the smaller: a cursor holds no whole id."""
    same = 0
    while same < len(before) and before[same] == after[same]:
        same += 1
    return after[: same + 1]
