import io
import json

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from migrations_app.stores.sessions.snapshot_file import read_records, write_record

RECORDS = [
    SessionRecord("a", b"\x00\xff\n", Codec.MSGPACK, 1, 2, 3, 4, {"x": ["ü", None]}, Version(5, 6)),
    SessionRecord("id\nwith line", b""),
]


def snapshot():
    stream = io.BytesIO()
    sizes = [write_record(stream, record) for record in RECORDS]
    assert sum(sizes) == len(stream.getvalue())
    return stream.getvalue()


def test_records_come_back_whole_one_a_line():
    content = snapshot()

    assert content.count(b"\n") == 2
    assert list(read_records(io.BytesIO(content))) == RECORDS


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:-20],
        lambda line: b"[]",
        lambda line: line.replace(b'"format":1', b'"format":2'),
        lambda line: line.replace(b'"value":"', b'"value":"!'),
        lambda line: json.dumps({"format": 1}).encode(),
        lambda line: line.replace(b'"id":"id', b'"id":"\\ud800'),
        lambda line: line.replace(b'"id":"id\\nwith line"', b'"id":7'),
        lambda line: line.replace(b'"expires_at_ms":null', b'"expires_at_ms":"tomorrow"'),
    ],
)
def test_a_damaged_line_is_named_and_those_before_are_read(damage):
    first, second = snapshot().splitlines()
    reading = read_records(io.BytesIO(first + b"\n" + damage(second) + b"\n"))

    assert next(reading) == RECORDS[0]
    with pytest.raises(ValidationFailed, match="Line 2"):
        next(reading)
