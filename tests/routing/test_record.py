import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.ports import BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.record import from_document, read, to_document

RECORD = RouteRecord(
    "web", 7, RoutePhase.HANDOFF, "a", {"a": "old", "b": "new"}, datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
)


def test_there_and_back_again():
    assert from_document(to_document(RECORD)) == RECORD


def test_the_document_has_the_published_shape():
    document = to_document(RECORD)

    assert document["epoch"] == 7
    assert document["buckets"] == [{"from": 0, "to": 255, "phase": "handoff", "epoch": 7, "authority": "a"}]
    assert document["stores"] == {"a": "old", "b": "new"}
    assert document["handoff_deadline"] == "2026-03-01T12:00:00+00:00"


def test_with_the_time_it_says_whether_the_hand_off_is_over():
    deadline = RECORD.handoff_deadline

    assert "handoff_over" not in to_document(RECORD)
    assert to_document(RECORD, deadline)["handoff_over"] is False
    assert to_document(RECORD, deadline + timedelta(seconds=1))["handoff_over"] is True
    assert to_document(replace(RECORD, handoff_deadline=None), deadline)["handoff_over"] is False
    assert from_document(to_document(RECORD, deadline)) == RECORD


def test_a_name_and_a_deadline_may_be_missing():
    document = to_document(RECORD)
    del document["name"]
    document["handoff_deadline"] = None

    record = from_document(document, "web")

    assert record.name == "web"
    assert record.handoff_deadline is None


def test_buckets_may_go_different_ways():
    parts = (
        BucketRange(0, 2, RoutePhase.DUAL_B, 7, "b"),
        BucketRange(3, 255, RoutePhase.DUAL_A, 5, "a"),
    )
    record = replace(RECORD, phase=RoutePhase.DUAL_A, buckets=parts, fenced=True)

    assert from_document(to_document(record)) == record


def test_a_route_whose_epoch_is_above_its_only_range_keeps_the_range():
    record = replace(RECORD, buckets=(BucketRange(0, 255, RoutePhase.HANDOFF, 6, "a"),))

    found = from_document(to_document(record))

    assert found.at(0).epoch == 6
    assert found.epoch == 7


@pytest.mark.parametrize(
    "bounds", [[(0, 255), (0, 255)], [(0, 100), (102, 255)], [(0, 254)], [(1, 255)], [(3, 255), (0, 2)]]
)
def test_ranges_that_do_not_cover_every_bucket_in_order_are_refused(bounds):
    document = to_document(RECORD)
    whole = document["buckets"][0]
    document["buckets"] = [whole | {"from": first, "to": last} for first, last in bounds]

    with pytest.raises(ValueError, match="cover 0 to 255"):
        from_document(document)


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "{}", '{"buckets": 1}', "\ud800"])
def test_a_text_that_is_no_record_says_so(text):
    with pytest.raises(ValueError, match=r"."):
        read(text)


@pytest.mark.parametrize(
    ("name", "value"), [("epoch", "7"), ("epoch", 7.0), ("epoch", True), ("from", "0"), ("to", None)]
)
def test_numbers_are_whole(name, value):
    document = to_document(RECORD)
    (document if name == "epoch" else document["buckets"][0])[name] = value

    with pytest.raises(ValueError, match=r"whole numbers|cover 0 to 255|Type"):
        read(json.dumps(document))


def test_what_a_store_mirrors_is_read_back():
    assert read(json.dumps(to_document(RECORD))) == RECORD
