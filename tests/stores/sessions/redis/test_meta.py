from migrations_app.stores.sessions.redis.meta import DEADLINE, NONE, UNDESCRIBED, UNROUTED, meta_key, pack, unpack


def test_metadata_has_no_hole_and_a_place_for_every_part():
    whole = (*UNDESCRIBED, *UNROUTED)

    assert len(whole) == DEADLINE + 1
    assert None not in whole
    assert unpack(pack(whole)) == [0, 0, b"", NONE, NONE, NONE, b"", 0, 0, 0, b"", NONE]


def test_its_key_shares_the_sessions_slot():
    assert meta_key(b"session:a") == b"snakeweb:meta:{session:a}"
