"""Two ways to read keys with their deadlines: one script call a batch, or plain commands in pipelines.

The script is sent with EVAL_RO, in which the server itself refuses writes. Servers before 7, and users who may not
run scripts (a read-only user with `+@read`), are read by plain commands.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import redis
from redis.exceptions import NoPermissionError, ResponseError

from migrations_app.stores.sessions.redis import scripts
from migrations_app.stores.sessions.redis.layout import RedisLayout
from migrations_app.stores.sessions.redis.meta import meta_key, pack, unpack

GONE = -2
MISSING_COMMANDS = ("unknown command", "unknown redis command")


class Found(NamedTuple):
    """What was found at some keys, in their order.

    `contents`: bytes, a flat hash, or None when the key is gone or of another type. `deadlines`: GONE, -1 for
    never, or ms since the epoch. `metas`: what lies beside, packed, or None.
    """

    contents: Sequence[Any]
    deadlines: Sequence[int]
    metas: Sequence[bytes | None]


class Scanned(NamedTuple):
    """`names`: every key found; `found`: what the first of them hold, as many as were asked for."""

    cursor: str
    names: list[bytes]
    found: Found


class Reader(Protocol):
    def scan(self, cursor: str, count: int, most: int) -> Scanned: ...

    def read(self, names: Sequence[bytes]) -> Found: ...

    def exist(self, names: Sequence[bytes]) -> Sequence[int]:
        """1 for each key that lives, whatever it holds; 0 for the others."""
        ...

    def count(self) -> int: ...


def open_reader(client: redis.Redis, layout: RedisLayout) -> Reader:
    """The fastest reader that the server and the user's permissions allow."""
    reader = ScriptReader(client, layout)
    try:
        reader.read([])
    except NoPermissionError:
        return PlainReader(client, layout)
    except ResponseError as error:
        if not is_missing_command(error):
            raise
        return PlainReader(client, layout)
    return reader


def _send(client: redis.Redis, *words: Any) -> Any:
    return client.execute_command(*words)  # type: ignore[no-untyped-call]


def _queue(pipe: Any, *words: Any) -> None:
    pipe.execute_command(*words)


def is_missing_command(error: Exception) -> bool:
    return any(words in str(error).lower() for words in MISSING_COMMANDS)


class ScriptReader:
    def __init__(self, client: redis.Redis, layout: RedisLayout) -> None:
        self._client = client
        self._layout = layout
        self._marker = scripts.marker_key(layout.prefix.decode())

    def _run(self, script: str, *arguments: Any) -> Any:
        return _send(self._client, "EVAL_RO", script, 0, *arguments)

    def scan(self, cursor: str, count: int, most: int) -> Scanned:
        layout = self._layout
        blob = self._run(scripts.SCAN, cursor, layout.pattern, count, most, layout.kind, self._marker)
        after, names, *parts = unpack(blob)
        return Scanned(after.decode(), names, _found(*parts))

    def read(self, names: Sequence[bytes]) -> Found:
        blob = self._run(scripts.READ, pack(names), self._layout.kind, self._marker)
        return _found(*unpack(blob))

    def exist(self, names: Sequence[bytes]) -> Sequence[int]:
        there: Sequence[int] = unpack(self._run(scripts.EXIST, pack(names))) if names else []
        return there

    def count(self) -> int:
        total, cursor = 0, b"0"
        while True:
            cursor, found = self._run(scripts.COUNT, cursor, self._layout.pattern, 5000, self._layout.kind)
            total += found
            if cursor == b"0":
                return int(total)


def _found(values: list[Any], deadlines: list[int], metas: list[Any]) -> Found:
    return Found(_without_false(values), deadlines, _without_false(metas) or [None] * len(values))


def _without_false(values: list[Any]) -> list[Any]:
    return [None if value is False else value for value in values] if False in values else values


class PlainReader:
    def __init__(self, client: redis.Redis, layout: RedisLayout) -> None:
        self._client = client
        self._layout = layout
        self._marker = scripts.marker_key(layout.prefix.decode())
        self._absolute = True

    def scan(self, cursor: str, count: int, most: int) -> Scanned:
        after, keys = _send(self._client, "SCAN", cursor, "MATCH", self._layout.pattern, "COUNT", count)
        names = [name for name in keys if not name.startswith(scripts.OWN_KEYS)]
        return Scanned(str(int(after)), names, self.read(names[:most]))

    def read(self, names: Sequence[bytes]) -> Found:
        if not names:
            return Found([], [], [])
        with self._client.pipeline(transaction=False) as pipe:
            self._ask_content(pipe, names)
            self._ask_deadlines(pipe, names)
            _queue(pipe, "EXISTS", self._marker)
            answers = pipe.execute(raise_on_error=False)
        contents, deadlines, marked = self._contents(answers, names), answers[-1 - len(names) : -1], answers[-1]
        deadlines = self._deadlines(deadlines, names)
        return Found(contents, deadlines, self._metas(names) if marked == 1 else [None] * len(names))

    def exist(self, names: Sequence[bytes]) -> Sequence[int]:
        with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                _queue(pipe, "EXISTS", name)
            return list(pipe.execute())

    def _ask_content(self, pipe: Any, names: Sequence[bytes]) -> None:
        if self._layout.kind == "string":
            _queue(pipe, "MGET", *names)
        else:
            for name in names:
                _queue(pipe, "HGETALL", name)

    def _contents(self, answers: Sequence[Any], names: Sequence[bytes]) -> list[Any]:
        if self._layout.kind == "string":
            _raise_error(answers[0])
            return list(answers[0])
        contents: list[Any] = []
        for answer in answers[: len(names)]:
            if isinstance(answer, ResponseError) and "WRONGTYPE" not in str(answer):
                raise answer
            is_hash = isinstance(answer, dict) and answer
            contents.append([part for pair in answer.items() for part in pair] if is_hash else None)
        return contents

    def _ask_deadlines(self, pipe: Any, names: Sequence[bytes]) -> None:
        for name in names:
            _queue(pipe, "PEXPIRETIME" if self._absolute else "PTTL", name)

    def _deadlines(self, answers: Sequence[Any], names: Sequence[bytes]) -> list[int]:
        """Absolute ones; through TIME and PTTL where the server has no PEXPIRETIME or does not permit it."""
        if self._absolute and answers and isinstance(answers[0], ResponseError):
            if not (isinstance(answers[0], NoPermissionError) or is_missing_command(answers[0])):
                raise answers[0]
            self._absolute = False
            with self._client.pipeline(transaction=False) as pipe:
                self._ask_deadlines(pipe, names)
                answers = pipe.execute()
        for answer in answers:
            _raise_error(answer)
        if self._absolute:
            return [int(answer) for answer in answers]
        seconds, micros = self._client.time()
        now = seconds * 1000 + micros // 1000
        return [int(answer) + now if int(answer) >= 0 else int(answer) for answer in answers]

    def _metas(self, names: Sequence[bytes]) -> list[Any]:
        return list(_send(self._client, "MGET", *map(meta_key, names)))

    def count(self) -> int:
        total, cursor = 0, "0"
        while True:
            words = ("MATCH", self._layout.pattern, "COUNT", 5000, "TYPE", self._layout.kind)
            after, keys = _send(self._client, "SCAN", cursor, *words)
            total += sum(not key.startswith(scripts.OWN_KEYS) for key in keys)
            cursor = str(int(after))
            if cursor == "0":
                return total


def _raise_error(answer: Any) -> None:
    if isinstance(answer, Exception):
        raise answer
