"""What lies beside a session: one packed string under `snakeweb:meta:{<prefix><id>}`, so that a reader needs one MGET.

A MessagePack array without nils (the server's packer ends an array at its first hole): `NONE` is a number that is not
there, the empty string a text that is not there. `epoch` and `seq` are the version of bulk copies. What follows `extra`
belongs to routes: the version that a guarded write minted, 1 for a tombstone, the checksum of the content written then,
and the deadline given then. (0, 0) is no version, in both pairs.
"""

from typing import Any

import msgpack  # type: ignore[import-untyped]

EPOCH, SEQ, CODEC, CREATED, ACCESSED, TTL, EXTRA, ROUTED_EPOCH, ROUTED_SEQ, DEAD, CHECKSUM, DEADLINE = range(12)
NONE = -1
UNDESCRIBED: tuple[Any, ...] = (0, 0, "", NONE, NONE, NONE, "")
UNROUTED: tuple[Any, ...] = (0, 0, 0, "", NONE)


def meta_key(key: bytes) -> bytes:
    return b"snakeweb:meta:{" + key + b"}"


def pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=False)
    return packed


def unpack(blob: bytes) -> Any:
    """Strings stay bytes; a missing value is `False`."""
    return msgpack.unpackb(blob, raw=True, strict_map_key=False)
