"""Files as a node writes them, put together by another encoder than ours."""

import time
from typing import Any

import erldistpy
from erldistpy import Atom

OFFSET_MS = 1_700_576_460_123  # a node's monotonic clock begins far below zero
MADE_AT_MS = 1_700_000_000_000


def seconds(left: int = 0) -> int:
    """The node's monotonic time, in so many seconds."""
    return (time.time_ns() // 1_000_000 - OFFSET_MS) // 1000 + left


def session(name: str, metadata: Any = None, **parts: Any) -> dict[Any, Any]:
    now = seconds()
    whole = {
        "__struct__": Atom("Elixir.Snakepit.Bridge.Session"),
        "id": name.encode(),
        "created_at": now - 60,
        "last_accessed": now,
        "last_worker_id": b"pool_worker_1_77",
        "ttl": 3600,
        "programs": {},
        "metadata": metadata if metadata is not None else {b"n": 1},
        "stats": {Atom("program_count"): 0},
        **parts,
    }
    return {Atom(key): value for key, value in whole.items()}


def row(name: str, metadata: Any = None, ttl: int = 3600) -> tuple[Any, ...]:
    return (name.encode(), (seconds(), ttl, session(name, metadata)))


def frame(term: bytes) -> bytes:
    return len(term).to_bytes(4, "big") + term


def encoded(term: Any) -> bytes:
    data: bytes = erldistpy.encode(term)
    return data


def beginning(*more: Any, form: int = 1) -> bytes:
    return encoded((Atom("snakeweb_sessions"), form, b"snakepit@h", OFFSET_MS, MADE_AT_MS, *more))


def ending(rows: int, offset_ms: int = OFFSET_MS) -> bytes:
    return frame(encoded((Atom("snakeweb_end"), rows, offset_ms)))


def file_of(*rows: bytes) -> bytes:
    """Of rows that are encoded."""
    return frame(beginning()) + b"".join(map(frame, rows)) + ending(len(rows))
