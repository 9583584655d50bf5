import pytest

from migrations_app.engine.ports import BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.ways import Way, missing_stores, way_of, ways_of
from migrations_app.stores.routed.base import Guard

P = RoutePhase


@pytest.mark.parametrize(
    ("phase", "fenced_way", "waits"),
    [
        (P.PLAIN_A, None, False),
        (P.JOURNAL_A, Guard(7, True), False),
        (P.DUAL_A, Guard(7, True), False),
        (P.HANDOFF, Guard(7, True), True),
        (P.DUAL_B, Guard(7, True), False),
        (P.HANDOFF_BACK, Guard(7, True), True),
        (P.SINGLE_B, Guard(7, False), False),
        (P.RETIRED, None, False),
    ],
)
def test_what_each_phase_means(phase, fenced_way, waits):
    part = BucketRange(0, 255, phase, 7, "b")

    assert way_of(part, fenced=True) == Way("b", fenced_way, waits)
    assert way_of(part, fenced=False) == Way("b", None, waits)


def test_each_bucket_has_the_way_of_its_range():
    parts = (BucketRange(0, 2, P.DUAL_B, 9, "b"), BucketRange(3, 255, P.DUAL_A, 5, "a"))
    ways = ways_of(RouteRecord("web", 9, P.DUAL_A, "a", buckets=parts, fenced=True))

    assert [way.authority for way in ways] == ["b"] * 3 + ["a"] * 253
    assert [ways[bucket].guard.epoch for bucket in (2, 3)] == [9, 5]


def test_a_record_with_holes_is_refused():
    parts = (BucketRange(0, 2, P.DUAL_B, 9, "b"),)
    with pytest.raises(ValueError, match="cover 0 to 255"):
        ways_of(RouteRecord("web", 9, P.DUAL_A, "a", buckets=parts, fenced=True))


BOTH = {"a": "old", "b": "new"}


@pytest.mark.parametrize(
    ("phase", "authority", "fenced", "stores", "missing"),
    [
        (P.PLAIN_A, "a", False, {"a": "old"}, []),
        (P.PLAIN_A, "a", False, {}, ["a"]),
        (P.PLAIN_A, "a", False, BOTH, ["new"]),
        (P.JOURNAL_A, "a", True, BOTH, ["new"]),
        (P.DUAL_B, "b", True, BOTH, ["new"]),
        (P.SINGLE_B, "b", False, {"a": "gone", "b": "old"}, ["gone"]),
        (P.SINGLE_B, "b", True, {"a": "gone", "b": "old"}, []),
        (P.RETIRED, "b", True, {"a": "gone", "b": "old"}, []),
    ],
)
def test_a_store_is_missing_while_it_may_still_serve(phase, authority, fenced, stores, missing):
    """Without fences SINGLE_B still leads back; with them it does not, and the old store may be forgotten."""
    record = RouteRecord("web", 9, phase, authority, stores, fenced=fenced)

    assert missing_stores(record, {"old"}) == missing


def test_a_store_may_be_configured_by_its_side():
    record = RouteRecord("web", 9, P.DUAL_A, "a", BOTH, fenced=True)

    assert missing_stores(record, {"a", "b"}) == missing_stores(record, {"old", "b"}) == []
    assert {way.place for way in ways_of(record, {"new"})} == {"old"}


def test_one_bucket_is_enough_to_need_a_store():
    parts = (BucketRange(0, 2, P.DUAL_B, 9, "b"), BucketRange(3, 255, P.RETIRED, 5, "b"))
    record = RouteRecord("web", 9, P.RETIRED, "b", BOTH, buckets=parts, fenced=True)

    assert missing_stores(record, {"new"}) == ["old"]


def test_a_store_is_found_by_its_target_s_name_and_else_by_its_side():
    record = RouteRecord("web", 9, P.RETIRED, "b", {"a": "old", "b": "new"})

    assert {way.place for way in ways_of(record, {"old", "new"})} == {"new"}
    assert {way.place for way in ways_of(record, {"a", "b"})} == {"b"}
