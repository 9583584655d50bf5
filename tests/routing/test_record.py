from datetime import UTC, datetime

import pytest

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.record import from_document, to_document

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


def test_a_name_and_a_deadline_may_be_missing():
    document = to_document(RECORD)
    del document["name"]
    document["handoff_deadline"] = None

    record = from_document(document, "web")

    assert record.name == "web"
    assert record.handoff_deadline is None


def test_a_route_that_is_split_is_refused():
    document = to_document(RECORD)
    document["buckets"] = document["buckets"] * 2

    with pytest.raises(ValueError, match="several bucket ranges"):
        from_document(document)
