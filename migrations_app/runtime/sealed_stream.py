"""Streams of encrypted chunks, so that a backup of any size is written and read with a little memory.

Layout: magic `SWA1`, key id (12 bytes), salt (16 bytes), then chunks of: length (4 bytes, big endian; of the
ciphertext), ciphertext (AES-256-GCM, nonce = chunk number, authenticated with "last" or "more"). The last chunk is
marked as such inside the authenticated data, so that a cut file does not read as a shorter whole one.
"""

import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from migrations_app.engine.errors import DataCorruption
from migrations_app.runtime.secrets import KEY_ID_LENGTH, NONCE_BYTES, derive, key_id, key_named, keys

MAGIC = b"SWA1"
SALT_BYTES = 16
CHUNK_BYTES = 1 << 20
MAX_SEALED_BYTES = CHUNK_BYTES + 16


def _cipher(key: str, salt: bytes) -> AESGCM:
    return AESGCM(derive(key, f"artifact {salt.hex()}"))


def key_id_in(source: BinaryIO) -> str:
    """The id of the key that a stream, read from its beginning, is encrypted under; '' when it is none of ours."""
    if source.read(len(MAGIC)) != MAGIC:
        return ""
    return source.read(KEY_ID_LENGTH).decode("ascii", "replace")


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")


class SealingWriter(io.RawIOBase):
    """Encrypts what is written to it into `sink`; whole only after `finish()`, which writes the last chunk."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__()
        current, salt = keys()[0], os.urandom(SALT_BYTES)
        self._sink = sink
        self._cipher = _cipher(current, salt)
        self._held = bytearray()
        self._number = 0
        sink.write(MAGIC + key_id(current).encode() + salt)

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]  # any buffer, as io.RawIOBase says
        view = memoryview(data)
        self._held += view
        while len(self._held) > CHUNK_BYTES:
            self._seal(bytes(self._held[:CHUNK_BYTES]), b"more")
            del self._held[:CHUNK_BYTES]
        return len(view)

    def finish(self) -> None:
        self._seal(bytes(self._held), b"last")
        self._held.clear()

    def _seal(self, clear: bytes, mark: bytes) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), clear, mark)
        self._sink.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


class UnsealingReader(io.RawIOBase):
    """Reads what a `SealingWriter` wrote. Raises DataCorruption for changed, cut or foreign bytes."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        super().__init__()
        self._source = source
        self._name = name
        sealed_by = key_id_in(source)
        if not sealed_by:
            raise self._broken("it is not an artifact of this system")
        self._cipher = _cipher(key_named(sealed_by), source.read(SALT_BYTES))
        self._ready = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        while not self._ready and not self._ended:
            self._ready = memoryview(self._next_chunk())
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _next_chunk(self) -> bytes:
        length = int.from_bytes(self._source.read(4), "big")
        sealed = self._source.read(length) if 16 <= length <= MAX_SEALED_BYTES else b""
        if not sealed or len(sealed) != length:
            raise self._broken("it ends before its last chunk")
        for mark in (b"more", b"last"):
            try:
                clear = self._cipher.decrypt(_nonce(self._number), sealed, mark)
            except InvalidTag:
                continue
            self._ended = mark == b"last"
            self._number += 1
            return clear
        raise self._broken(f"its chunk {self._number} was changed")

    def _broken(self, why: str) -> DataCorruption:
        return DataCorruption(
            f"Artifact {self._name} cannot be read: {why}.",
            details={"artifact": self._name},
            recovery_actions=("Take the artifact from another copy of the artifact store.",),
        )
