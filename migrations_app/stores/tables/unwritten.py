"""What of `Database` a kind does not do yet; each kind leaves this behind with its reading and writing."""

from collections.abc import Iterator, Mapping, Sequence

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import ChunkDigest, Database, Mark, Row, Side
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection


class Unwritten(Database):
    def end_of_chunk(
        self, selection: Selection, within: KeyRange, *, side: Side, rows: int, size: int
    ) -> KeyValue | None:
        raise NotImplementedError

    def split(self, selection: Selection, parts: int) -> tuple[KeyRange, ...]:
        raise NotImplementedError

    def count(self, selection: Selection, within: KeyRange, *, side: Side) -> int:
        raise NotImplementedError

    def digest(self, selection: Selection, within: KeyRange, *, side: Side) -> ChunkDigest:
        raise NotImplementedError

    def row_digests(self, selection: Selection, within: KeyRange, *, side: Side) -> Iterator[tuple[KeyValue, str]]:
        raise NotImplementedError

    def rows(self, selection: Selection, keys: Sequence[KeyValue], *, side: Side) -> list[Row]:
        raise NotImplementedError

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        raise NotImplementedError

    def marks(self, scope_prefix: str) -> Mapping[str, Mark]:
        raise NotImplementedError

    @property
    def silent(self) -> bool:
        raise NotImplementedError

    def orphans(self, tables: Sequence[str]) -> Mapping[str, int]:
        raise NotImplementedError

    def put(self, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> int:
        raise NotImplementedError

    def execute(self, statements: Sequence[str], worker: WorkerToken) -> None:
        raise NotImplementedError

    def drop(self, tables: Sequence[str], worker: WorkerToken) -> None:
        raise NotImplementedError

    def remove(self, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken) -> int:
        raise NotImplementedError

    def empty(self, tables: Sequence[str], worker: WorkerToken) -> None:
        raise NotImplementedError

    def forget(self, scope_prefix: str, worker: WorkerToken) -> None:
        raise NotImplementedError

    def advance_sequences(self, tables: Sequence[str], worker: WorkerToken) -> Mapping[str, int]:
        raise NotImplementedError
