from migrations_app.stores.tables.alchemy.bytewise import end_of, holds, in_bytes, in_order
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange

KEYS = [("b", "1"), ("Ä", "1"), ("a", "10"), ("a", "9"), ("B", "1")]
ORDERED = [("B", "1"), ("a", "10"), ("a", "9"), ("b", "1"), ("Ä", "1")]


def test_keys_are_ordered_by_their_bytes():
    assert sorted(KEYS, key=in_bytes) == ORDERED
    assert list(in_order((key, key[0]) for key in KEYS)) == [(key, key[0]) for key in ORDERED]
    assert list(in_order([])) == []
    assert (end_of(KEYS, 2), end_of(KEYS, 99), end_of([], 2)) == (ORDERED[1], ORDERED[-1], None)


def test_a_range_begins_after_one_key_and_ends_with_another():
    within = KeyRange(ORDERED[0], ORDERED[2])
    assert [key for key in ORDERED if holds(within, key)] == ORDERED[1:3]
    assert all(holds(EVERYTHING, key) for key in KEYS)
