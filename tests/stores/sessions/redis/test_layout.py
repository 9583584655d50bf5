import json
from dataclasses import replace

import msgpack
import pytest

from migrations_app.stores.sessions.records import Codec, Version
from tests.stores.sessions.place import WORKER, Place, ids, now_ms, scan_all
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers


def test_a_legacy_key_without_deadline_or_metadata_is_a_session(strings, client):
    client.set("session:forever", b"\x80raw")
    client.set("other:1", b"not ours")
    client.set("session:soon", b"v", px=60_000)

    with strings.open(read_only=True) as store:
        forever, soon = store.read(["forever", "soon"])
        found = ids(scan_all(store))

    assert found == ["forever", "soon"]
    assert (forever.value, forever.expires_at_ms, forever.version) == (b"\x80raw", None, (0, 0))
    assert abs(soon.expires_at_ms - now_ms() - 60_000) < 2_000


def test_what_cannot_be_represented_is_named_and_the_rest_goes_on(empty_redis, client):
    client.set(b"session:\xff\xfe", b"1")
    client.set(b"session:", b"1")
    client.set("session:bad", b"not json")
    client.set("session:nan", b"NaN")
    client.set("session:good", b'{"a": 1}')
    client.rpush("session:list", "x")

    with Place(empty_redis.config(codec="json")).open() as store:
        page = store.scan("", 100)

    assert ids(page.records) == ["good"]
    assert dict(page.unreadable) == {
        "\\xff\\xfe": "the key is not UTF-8",
        "": "the key is the prefix alone",
        "bad": "the value is not JSON",
        "nan": "the value is not JSON",
        "list": "the key holds no string",
    }


def test_strange_hashes_are_named(empty_redis, client):
    client.hset("session:none", mapping={"other": "1"})
    client.hset("session:time", mapping={"data": "1", "created": "yesterday"})
    client.hset("session:name", mapping={b"data": b"1", b"\xff": b"1"})
    client.hset("session:good", mapping={b"data": b"1", b"created": b"1700000000.5", b"flag": b"\xff\x00"})
    client.set("session:string", "x")

    place = Place(empty_redis.config(layout="hash", created_field="created", time_unit="s"))
    with place.open() as store:
        page = store.scan("", 100)

    (good,) = page.records
    assert (good.created_at_ms, good.extra) == (1_700_000_000_500, {"flag": "/wA="})
    assert {name: reason.split("“")[0].strip() for name, reason in page.unreadable} == {
        "none": "the hash has no field",
        "time": "the field",
        "name": "a field's name is not UTF-8",
        "string": "the key holds no hash",
    }


def test_a_hash_keeps_its_fields_byte_for_byte(empty_redis, client):
    fields = {b"data": b"\x00\xff", b"created": b"1700000000123", b"ttl": b"5000", b"agent": b"\xfe", b"n": b"user"}
    client.hset("session:a", mapping=fields)
    client.pexpire("session:a", 60_000)

    with Place(empty_redis.config(**HASH)).ready() as store:
        (record,) = store.read(["a"])
        store.apply([replace(record, id="b", version=Version(1, 1))], WORKER)
        (copy,) = store.read(["b"])

    assert (record.created_at_ms, record.ttl_ms) == (1_700_000_000_123, 5_000)
    assert client.hgetall("session:b") == fields
    assert replace(copy, id="a").content_hash() == record.content_hash()


def test_a_prefix_is_no_pattern_and_own_keys_are_no_sessions(empty_redis, client):
    for key in ("s[a]*:1", "sa:1", "s[a]x:2"):
        client.set(key, "v")
    with Place(empty_redis.config(prefix="s[a]*:")).ready() as store:
        assert ids(scan_all(store)) == ["1"]
        assert store.count() == 1
    with Place(empty_redis.config(prefix="s")).ready() as store:
        store.apply([Place({}).record("new")], WORKER)
        assert ids(scan_all(store)) == ["[a]*:1", "[a]x:2", "a:1", "new"]
        assert store.count() == 4


def test_values_of_any_codec_keep_their_bytes(strings, client):
    packed = msgpack.packb({b"k": 1, 2: [None, True, 1.5]})
    text = json.dumps({"b": 1, "a": "ü"}, ensure_ascii=False, indent=1).encode()
    with strings.ready() as store:
        store.apply([replace(strings.record("m"), value=packed, codec=Codec.MSGPACK)], WORKER)
        store.apply([replace(strings.record("j"), value=text, codec=Codec.JSON)], WORKER)
        found = store.read(["m", "j"])

    assert [(record.codec, record.value) for record in found] == [(Codec.MSGPACK, packed), (Codec.JSON, text)]
    assert client.get("session:j") == text
