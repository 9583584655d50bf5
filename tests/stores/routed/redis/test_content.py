import hashlib

import pytest

from migrations_app.stores.routed.redis.content import NOT_DESCRIBED, checksum, contents, fits
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.stores.sessions.redis.layout import RedisLayout
from migrations_app.stores.sessions.redis.meta import UNROUTED, pack, unpack
from tests.stores.routed.place import FIRST
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import Place, now_ms
from tests.stores.sessions.redis.conftest import HASH

LAYOUT = RedisLayout(parse_config({"store": "redis", "host": "localhost"}))


def whole(head):
    return unpack(head + b"".join(pack(part) for part in UNROUTED))


def test_most_sessions_have_nothing_beside_the_value():
    assert contents(LAYOUT, SessionRecord("a", b"v", expires_at_ms=5)) == (b"v", NOT_DESCRIBED)
    assert whole(NOT_DESCRIBED) == [0, 0, b"", -1, -1, -1, b"", 0, 0, 0, b"", -1]


def test_what_a_value_has_no_room_for_lies_in_the_head():
    record = SessionRecord("a", b"1", Codec.JSON, 10, 20, 30, 40, {"n": 1})

    assert whole(contents(LAYOUT, record)[1])[:7] == [0, 0, b"json", 10, 20, 30, b'{"n": 1}']


def test_a_checksum_is_of_the_bytes_or_of_the_fields_in_any_order():
    assert checksum(b"v") == hashlib.sha256(b"v").hexdigest()[:16].encode()
    assert checksum([b"a", b"1", "b", b"2"]) == checksum(["b", b"2", b"a", b"1"])
    assert checksum([b"a", b"12"]) != checksum([b"a1", b"2"])
    assert fits(b"v", checksum(b"v"))
    assert not fits(b"w", checksum(b"v"))


@pytest.mark.servers
@pytest.mark.parametrize("layout", [{}, {"layout": "hash"}, HASH])
def test_the_servers_checksum_fits_what_it_was_made_of(empty_redis, layout):
    place = RedisPlace(Place(empty_redis.config(**layout)))
    place.legacy_write("one", b"\x00value", now_ms() + 60_000)
    if place.is_hash:
        place.client.hset(place.key("one"), mapping={b"\xff": b"1", b"zz": b"", b"A": b"2"})
    with place.ready() as store:
        store.touch("one", FIRST, 60_000)
    noted = unpack(place.client.get("snakeweb:meta:{session:one}"))[10]
    if place.is_hash:
        content = [part for pair in place.client.hgetall(place.key("one")).items() for part in pair]
    else:
        content = place.client.get(place.key("one"))
    place.client.close()

    assert noted.startswith(b"~")
    assert fits(content, noted)
    assert not fits(b"other" if isinstance(content, bytes) else [*content, b"x", b"y"], noted)
