import msgpack
import pytest

from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.records import Codec


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (Codec.OPAQUE, b"\x80\x04anything, even a pickle"),
        (Codec.JSON, b' {"a": [1, 1e400, null]} '),
        (Codec.JSON, '"ü"'.encode()),
        (Codec.MSGPACK, msgpack.packb({1: b"\xff", "t": msgpack.Timestamp(1)})),
    ],
)
def test_good_values(codec, value):
    assert problem_with(codec, value) == ""


@pytest.mark.parametrize(
    ("codec", "value", "name"),
    [
        (Codec.JSON, b"", "JSON"),
        (Codec.JSON, b"{'a': 1}", "JSON"),
        (Codec.JSON, b"NaN", "JSON"),
        (Codec.JSON, b"\xff\xfe", "JSON"),
        (Codec.JSON, b"[" * 100_000, "JSON"),
        (Codec.MSGPACK, b"", "MessagePack"),
        (Codec.MSGPACK, b"\x92\x01", "MessagePack"),
        (Codec.MSGPACK, b"\x01\x01", "MessagePack"),
        (Codec.MSGPACK, b"\x81\x91\x01\x02", "MessagePack"),
    ],
)
def test_bad_values_are_named_by_codec(codec, value, name):
    assert problem_with(codec, value) == f"the value is not {name}"
