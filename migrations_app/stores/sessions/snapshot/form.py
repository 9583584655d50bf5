"""How sessions lie in a snapshot file: what is the same for every form, and what each form says for itself."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, NamedTuple

from migrations_app.stores.sessions.records import Codec, SessionRecord, Version


class Entry(NamedTuple):
    """Where a session lies, with all that separates it from the next one, and what is asked about it most."""

    offset: int
    length: int
    version: Version
    expires_at_ms: int | None

    def lives(self, now_ms: int) -> bool:
        return self.expires_at_ms is None or self.expires_at_ms > now_ms


class Form(ABC):
    """One file that is open. `rows`, `end`, `strange` and `facts` are known once `entries` has ended.

    `rows` counts all that lies there, sessions or not; behind `end` nothing of it is left; `strange` names rows whose
    key is no id; `facts` are for people; `lacking` is what the last row needs before another one may follow.
    """

    name: ClassVar[str]
    number: ClassVar[int]

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.rows = 0
        self.end = 0
        self.strange: list[str] = []
        self.facts: dict[str, str] = {}
        self.lacking = b""

    def changed(self, stream: BinaryIO, rows: int, end: int) -> None:
        """The file was written anew; what it held of this one's content is as it was."""
        self.stream.close()
        self.stream, self.rows, self.end, self.lacking = stream, rows, end, b""

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self.stream.fileno(), length, offset)

    def tail(self, rows: int) -> bytes:
        """What follows that many rows."""
        return b""

    @staticmethod
    @abstractmethod
    def empty() -> bytes:
        """The content of a file without sessions."""

    @abstractmethod
    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Every session with its id, in the order of the file. Raises ValidationFailed for what is no such file."""

    @abstractmethod
    def record(self, session_id: str, entry: Entry) -> SessionRecord:
        """Raises Unreadable for what is no session that another store could hold."""

    @abstractmethod
    def packed(self, record: SessionRecord) -> bytes:
        """The bytes of a record that is representable."""

    @staticmethod
    @abstractmethod
    def why_unrepresentable(record: SessionRecord, codec: Codec) -> str:
        """As SessionStore.why_unrepresentable; `codec` is the target's."""
