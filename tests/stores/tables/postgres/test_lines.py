import pytest

from migrations_app.stores.tables.base import Foreign
from migrations_app.stores.tables.postgres.lines import lines
from migrations_app.stores.tables.refusals import Refused


def test_what_copy_would_read_otherwise_is_escaped():
    rows = [(1, None, "plain", "a\tb\nc\rd\\e", b"\x00\xff", 0.1, "", "\\N")]

    assert b"".join(lines(iter(rows))) == rb"1	\N	plain	a\tb\nc\rd\\e	\\x00ff	0.1		\\N" + b"\n"


def test_a_block_is_a_thousand_rows():
    blocks = list(lines((number,) for number in range(2500)))

    assert [block.count(b"\n") for block in blocks] == [1000, 1000, 500]


def test_what_is_no_value_is_not_sent():
    with pytest.raises(Refused):
        list(lines(iter([(Foreign("\\!tabc"),)])))
