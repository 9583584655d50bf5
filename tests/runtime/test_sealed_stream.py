import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.errors import DataCorruption
from migrations_app.runtime import sealed_stream
from migrations_app.runtime.sealed_stream import CHUNK_BYTES, SealingWriter, UnsealingReader

HEADER = 4 + 12 + 16


def sealed(*parts: bytes) -> bytes:
    sink = io.BytesIO()
    writer = SealingWriter(sink)
    for part in parts:
        writer.write(part)
    writer.finish()
    return sink.getvalue()


def opened(data: bytes) -> bytes:
    return io.BufferedReader(UnsealingReader(io.BytesIO(data), "backup")).read()


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_was_written_is_read(parts: list[bytes]) -> None:
    assert opened(sealed(*parts)) == b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_chunk_borders(size: int) -> None:
    clear = bytes(size)

    assert opened(sealed(clear)) == clear


def test_lines_are_read_one_by_one() -> None:
    with UnsealingReader(io.BytesIO(sealed(b"one\n", b"two\n")), "backup") as reader:
        assert list(io.BufferedReader(reader)) == [b"one\n", b"two\n"]


@pytest.mark.parametrize("at", [HEADER + 4, HEADER + 20, -1])
def test_a_flipped_bit_is_found(at: int) -> None:
    data = bytearray(sealed(b"x" * 100))
    data[at] ^= 1

    with pytest.raises(DataCorruption, match="was changed"):
        opened(bytes(data))


@pytest.mark.parametrize("keep", [HEADER, HEADER + 4, HEADER + 30, -1])
def test_a_cut_file_is_not_a_shorter_whole_one(keep: int) -> None:
    with pytest.raises(DataCorruption, match="ends before its last chunk"):
        opened(sealed(b"x" * 100)[:keep])


def test_whole_chunks_cut_off_at_the_end_are_missed() -> None:
    data = sealed(bytes(CHUNK_BYTES), b"the rest")
    first_chunk = HEADER + 4 + sealed_stream.MAX_SEALED_BYTES

    with pytest.raises(DataCorruption, match="ends before its last chunk"):
        opened(data[:first_chunk])


def test_a_foreign_file_is_refused() -> None:
    with pytest.raises(DataCorruption, match="not an artifact"):
        opened(b"hello")
