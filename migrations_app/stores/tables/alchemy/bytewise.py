"""Rows by the bytes of their keys' canonical texts, an order that no database of these keeps. Sorted on disk."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

from migrations_app.stores.tables.selection import KeyRange, KeyValue

Bytes = tuple[bytes, ...]


def in_bytes(key: KeyValue) -> Bytes:
    return tuple(text.encode() for text in key)


def holds(within: KeyRange, key: KeyValue) -> bool:
    of = in_bytes(key)
    return not (within.after and of <= in_bytes(within.after)) and not (within.upto and of > in_bytes(within.upto))


def end_of(keys: Iterable[KeyValue], rows: int) -> KeyValue | None:
    """The last of the first so many keys; None of none."""
    first = heapq.nsmallest(rows, keys, key=in_bytes)
    return first[-1] if first else None


def in_order(found: Iterable[tuple[KeyValue, str]]) -> Iterator[tuple[KeyValue, str]]:
    """Pairs of key and digest; only a page of them is in memory."""
    with closing(sqlite3.connect("")) as disk:
        width = 0
        for key, digest in found:
            if not width:
                width = len(key)
                names = ", ".join(f"k{number} BLOB" for number in range(width))
                disk.execute(f"CREATE TABLE found ({names}, digest TEXT)")
            disk.execute(f"INSERT INTO found VALUES ({'?, ' * width}?)", [*in_bytes(key), digest])  # noqa: S608
        if width:
            order = ", ".join(f"k{number}" for number in range(width))
            for *key_bytes, digest in disk.execute(f"SELECT * FROM found ORDER BY {order}"):  # noqa: S608
                yield tuple(each.decode() for each in key_bytes), digest
