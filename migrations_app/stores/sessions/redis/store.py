"""Sessions in Redis, in string or hash layout. Values keep their keys; what Snakeweb adds lies beside them."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import newest_of_each, refuse_unrepresentable
from migrations_app.stores.sessions.base import WHOLE, Applied, Ids, Page, Partition, SessionStore, StoreProbe
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.paging import PageBudget, read_cursor, write_cursor
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.redis import scripts
from migrations_app.stores.sessions.redis.connection import connect, domain_errors, info
from migrations_app.stores.sessions.redis.layout import NO_EXTRA, RedisLayout, Unreadable
from migrations_app.stores.sessions.redis.meta import UNDESCRIBED, UNROUTED, meta_key, pack, unpack
from migrations_app.stores.sessions.redis.reading import GONE, Found, Reader, Scanned, open_reader
from migrations_app.stores.sessions.redis.standing import standing
from migrations_app.stores.sessions.scratch import require_own

CHUNK_RECORDS = 500
CHUNK_BYTES = 8 * 1024 * 1024
LARGEST_COUNT = 10_000
SMALLEST_COUNT = 1_000  # names alone are cheap, and keys of a route may lie between those of sessions
LARGEST_PAGE = 2_000  # a script holds up the whole server while it reads a page
MINIMUM_VERSION = (6, 2)
LATE_SECONDS = 24 * 3600


class RedisStore(SessionStore):
    scan_repeats: ClassVar[bool] = True

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._read_only = read_only
        self._layout = RedisLayout(config)
        self._client = connect(config, secrets, read_only=read_only)
        self._opened: Reader | None = None
        self._budget = PageBudget()
        self._pending: tuple[str, str, list[bytes]] = ("", "", [])

    def close(self) -> None:
        self._client.close()
        self._client.connection_pool.disconnect()

    @property
    def _reader(self) -> Reader:
        if self._opened is None:
            self._check_server(info(self._client, "server"))
            self._opened = open_reader(self._client, self._layout)
        return self._opened

    @staticmethod
    def _check_server(server: Mapping[str, Any]) -> None:
        if server.get("redis_mode") == "cluster":
            raise ValidationFailed("The target is a Redis Cluster, which this version does not support.")
        if _version(server) < MINIMUM_VERSION:
            raise ValidationFailed(f"Redis {server.get('redis_version')} is too old; 6.2 is the oldest that works.")

    def probe(self, *, counted: bool = True) -> StoreProbe:
        with domain_errors(self._config):
            latencies = []
            for _ in range(5):
                before = time.perf_counter()
                self._client.ping()
                latencies.append((time.perf_counter() - before) * 1000)
            seconds, micros = self._client.time()
            skew = seconds * 1000 + micros // 1000 - int(time.time() * 1000)
            server = info(self._client)
            self._check_server(server)
            mirrored: Any = self._client.get(scripts.route_key(self._config["prefix"]))
            count = self._reader.count() if counted else 0
        policy, limit = str(server.get("maxmemory_policy", "")), int(server.get("maxmemory", 0))
        replica = server.get("role") != "master"
        return StoreProbe(
            kind="redis",
            version=str(server["redis_version"]),
            identity=f"redis://{self._config['host']}:{self._config['port']}/{self._config['db']}",
            latency_ms=statistics.median(latencies),
            clock_skew_ms=skew,
            layout=self._layout.kind,
            count=count,
            exists=True,
            writable=not replica,
            eviction_policy=policy,
            capacity_bytes=limit or None,
            used_bytes=int(server["used_memory"]),
            problems=tuple(_problems(policy, limit, replica)),
            details={
                "run_id": str(server["run_id"]),
                "codec": str(self._layout.codec),
                "route": unpack(mirrored)[2].decode() if mirrored else "",
            },
            standing=standing(server, sessions=count if counted else None),
        )

    def initialise(self, worker: WorkerToken) -> bool:
        self.raise_worker_fence(worker)
        return False  # keys need no table

    def drop_created(self, worker: WorkerToken) -> None:
        """Removes the metadata of every session of this prefix, and its marker."""
        pattern = meta_key(self._layout.pattern[:-1])[:-1] + b"*"
        with domain_errors(self._config):
            for keys in _batches(self._client.scan_iter(match=pattern, count=1000)):
                self._delete([(key, key) for key in keys], worker)
            marker = scripts.marker_key(self._config["prefix"]).encode()
            self._delete([(marker, marker)], worker)

    def remove_scratch(self, worker: WorkerToken, tick: Callable[[], None]) -> None:
        """The run's own fence stays for a day: keys need no table, so nothing else would stop a late worker."""
        require_own(self._config, worker)
        self.raise_worker_fence(worker)
        with domain_errors(self._config):
            for keys in _batches(self._client.scan_iter(match=self._layout.pattern, count=1000)):
                self._delete([(key, meta_key(key)) for key in keys], worker)
                tick()
        self.drop_created(worker)
        self.clear_worker_fences(f"{worker.scope}:")
        with domain_errors(self._config):
            self._client.expire(scripts.fence_key(worker.scope), LATE_SECONDS)
            self._client.srem(scripts.FENCES, worker.scope)

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            self._run(scripts.RAISE, [scripts.fence_key(worker.scope), scripts.FENCES], [worker.token, worker.scope])

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        with domain_errors(self._config):
            self._run(scripts.CLEAR, [scripts.FENCES], [run_scope_prefix])

    def _run(self, script: str, keys: Sequence[Any], arguments: Sequence[Any]) -> Any:
        return self._client.register_script(script)(keys=keys, args=arguments)

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        with domain_errors(self._config):
            at, run_id, part = self._position(cursor)
            rows = min(self._budget.rows(limit), LARGEST_PAGE)
            if cursor and self._pending[0] == cursor:
                after, waiting = self._pending[1:]
                names, found = waiting[:rows], None
            else:
                scanned = self._scan(at, rows, partition)
                after, waiting = scanned.cursor, scanned.names
                names, found = waiting[:rows], scanned.found
            page_found = self._reader.read(names) if found is None else found
            records, unreadable = self._records(names, page_found)
        self._budget.saw(records)
        rest = waiting[rows:]
        if rest:
            # The server's cursor moves on only when its whole answer was handed out: who resumes elsewhere at this
            # cursor gets the answer again.
            following = write_cursor(at=at, run=run_id, part=part + 1)
            self._pending = (following, after, rest)
        else:
            following = write_cursor(at=after, run=run_id, part=0)
            self._pending = ("", "", [])
        return Page(records, following, last=not rest and after == "0", unreadable=unreadable)

    def _position(self, cursor: str) -> tuple[str, str, int]:
        """The server's cursor, run id and part. A server that was restarted starts anew: its cursors are another's."""
        run_id = str(info(self._client, "server")["run_id"])
        if not cursor:
            return "0", run_id, 0
        parts = read_cursor(cursor)
        if parts.get("run") != run_id or not str(parts.get("at", "")).isdigit():
            return "0", run_id, 0
        return str(parts["at"]), run_id, int(parts.get("part", 0))

    def _scan(self, at: str, rows: int, partition: Partition) -> Scanned:
        count = min(rows * partition.of, LARGEST_COUNT)
        if partition.of == 1:
            return self._reader.scan(at, count, rows)
        scanned = self._reader.scan(at, count, 0)
        names = [name for name in scanned.names if self._in_partition(name, partition)]
        return Scanned(scanned.cursor, names, self._reader.read(names[:rows]))

    def _in_partition(self, name: bytes, partition: Partition) -> bool:
        try:
            return partition.holds(self._layout.session_id(name))
        except Unreadable:
            return partition.index == 0

    def _records(self, names: Sequence[bytes], found: Found) -> tuple[list[SessionRecord], list[tuple[str, str]]]:
        records: list[SessionRecord] = []
        unreadable: list[tuple[str, str]] = []
        layout, add, plain = self._layout, records.append, self._layout.is_plain
        for name, content, deadline, meta in zip(names, *found, strict=True):
            if deadline == GONE:
                continue
            try:
                session_id = layout.session_id(name)
                if plain and meta is None and content is not None:
                    # The bulk of a bulk copy, by the shortest way.
                    expires = deadline if deadline >= 0 else None
                    add(SessionRecord(session_id, content, Codec.OPAQUE, None, None, None, expires, NO_EXTRA))
                elif content is not None:
                    add(layout.record(session_id, content, deadline, meta))
                elif self._client.exists(name):
                    raise Unreadable(f"the key holds no {layout.kind}")
            except Unreadable as reason:
                unreadable.append((self._shown(name), str(reason)))
        return records, unreadable

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        found: dict[str, SessionRecord] = {}
        with domain_errors(self._config):
            for start in range(0, len(ids), CHUNK_RECORDS):
                names = [self._layout.key(session_id) for session_id in ids[start : start + CHUNK_RECORDS]]
                records, _ = self._records(names, self._reader.read(names))
                found.update((record.id, record) for record in records)
        return [found.get(session_id) for session_id in ids]

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        with domain_errors(self._config):
            at, run_id, _ = self._position(cursor)
            scanned = self._reader.scan(at, max(SMALLEST_COUNT, min(limit, LARGEST_COUNT)), 0)
        ids: list[str] = []
        strange: list[str] = []
        for name in scanned.names:
            try:
                ids.append(self._layout.session_id(name))
            except Unreadable:
                strange.append(self._shown(name))
        following = write_cursor(at=scanned.cursor, run=run_id, part=0)
        return Ids(ids, following, scanned.cursor == "0", strange)

    def missing(self, ids: Sequence[str]) -> list[str]:
        gone: list[str] = []
        with domain_errors(self._config):
            for start in range(0, len(ids), LARGEST_PAGE):
                chunk = ids[start : start + LARGEST_PAGE]
                there = self._reader.exist([self._layout.key(session_id) for session_id in chunk])
                gone += [session_id for session_id, lives in zip(chunk, there, strict=True) if not lives]
        return gone

    def _shown(self, name: bytes) -> str:
        return name[len(self._layout.prefix) :].decode("utf-8", "backslashreplace")

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        unique = newest_of_each(records, version)
        refuse_unrepresentable(unique, self.why_unrepresentable)
        keys = [scripts.fence_key(worker.scope), scripts.marker_key(self._config["prefix"])]
        written = 0
        with domain_errors(self._config):
            for chunk in self._chunks(unique, version):
                written += int(self._run(scripts.APPLY, keys, [worker.token, pack(chunk), self._layout.kind]))
        return Applied(written, len(records) - written)

    def _chunks(self, records: Sequence[SessionRecord], version: Version | None) -> Iterator[list[Any]]:
        """At least one chunk, so that the fence is asked even when there is nothing to write."""
        chunk: list[Any] = []
        size = 0
        for record in records:
            key = self._layout.key(record.id)
            under = record.version if version is None else version
            content, described = self._layout.content(record, under)
            deadline = -1 if record.expires_at_ms is None else record.expires_at_ms
            if chunk and (len(chunk) >= CHUNK_RECORDS or size + len(record.value) > CHUNK_BYTES):
                yield chunk
                chunk, size = [], 0
            meta = pack((*described, *UNROUTED)) if described != UNDESCRIBED else b""
            chunk.append([key, meta_key(key), content, deadline, *under, meta])
            size += len(record.value)
        yield chunk

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        gone = 0
        with domain_errors(self._config):
            for start in range(0, max(1, len(ids)), CHUNK_RECORDS):
                keys = [self._layout.key(session_id) for session_id in ids[start : start + CHUNK_RECORDS]]
                gone += self._delete([(key, meta_key(key)) for key in keys], worker)
        return gone

    def _delete(self, pairs: Sequence[tuple[bytes, bytes]], worker: WorkerToken) -> int:
        names = pack([name for pair in pairs for name in pair])
        return int(self._run(scripts.DELETE, [scripts.fence_key(worker.scope)], [worker.token, names]))

    def count(self) -> int:
        """By a scan of the server: exact unless the server resizes its table meanwhile, then a key may count twice."""
        with domain_errors(self._config):
            return self._reader.count()

    def why_unrepresentable(self, record: SessionRecord) -> str:
        return self._layout.why_unrepresentable(record)


def _version(server: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in str(server.get("redis_version", "0")).split(".")[:2] if part.isdigit())


def _problems(policy: str, limit: int, replica: bool) -> Iterator[str]:
    if limit and policy != "noeviction":
        yield f"Its eviction policy is {policy}: under memory pressure it drops sessions silently. Set noeviction."
    if replica:
        yield "It is a read-only replica; name the primary to write to."


def _batches(keys: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(itertools.islice(keys, CHUNK_RECORDS)):
        yield batch
