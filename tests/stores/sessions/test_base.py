import zlib

import pytest

from migrations_app.stores.sessions.base import WHOLE, Partition


def test_a_partition_holds_ids_by_the_crc_of_their_utf8():
    assert Partition(zlib.crc32("ü".encode()) % 5, 5).holds("ü")
    assert WHOLE.holds("anything")


@pytest.mark.parametrize("of", [1, 2, 7, 16])
def test_every_id_belongs_to_exactly_one_partition(of):
    for session_id in (f"id-{n}" for n in range(200)):
        assert [index for index in range(of) if Partition(index, of).holds(session_id)] == [
            zlib.crc32(session_id.encode()) % of
        ]
