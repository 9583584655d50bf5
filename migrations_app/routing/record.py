"""The route record as it travels: the JSON of `GET /api/v1/routes/{name}` and back (DESIGN section 7)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase

WRITES_WAIT = frozenset({RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK})


def to_document(record: RouteRecord, now: datetime | None = None) -> dict[str, Any]:
    """JSON-ready. `handoff_deadline` is ISO 8601 with offset, or null.

    With the time it also says whether the deadline is over: clients have clocks of their own. A record that is kept
    for later (a store's mirror) cannot say that.
    """
    document = {
        "name": record.name,
        "epoch": record.epoch,
        "buckets": [
            {
                "from": part.first,
                "to": part.last,
                "phase": str(part.phase),
                "epoch": part.epoch,
                "authority": part.authority,
            }
            for part in record.ranges
        ],
        "stores": dict(record.stores),
        "handoff_deadline": record.handoff_deadline.isoformat() if record.handoff_deadline else None,
        "phase": str(record.phase),
        "authority": record.authority,
        "fenced": record.fenced,
    }
    if now is not None:
        document["handoff_over"] = record.handoff_deadline is not None and now > record.handoff_deadline
    return document


def from_document(document: Mapping[str, Any], name: str = "") -> RouteRecord:
    """Raises KeyError, TypeError or ValueError for a document that is no route record."""
    if not isinstance(document, Mapping):
        raise TypeError("a route record is an object")
    ranges = tuple(
        BucketRange(part["from"], part["to"], RoutePhase(part["phase"]), part["epoch"], part["authority"])
        for part in document["buckets"]
    )
    follows = [0, *(part.last + 1 for part in ranges)]
    if [part.first for part in ranges] != follows[:-1] or follows[-1] != BUCKETS:
        raise ValueError(f"the bucket ranges of a route must cover 0 to {BUCKETS - 1} in order")
    numbers = [document["epoch"], *(number for part in ranges for number in (part.first, part.last, part.epoch))]
    if not all(type(number) is int for number in numbers):
        raise TypeError("epochs and buckets of a route are whole numbers")
    whole = ranges[0] if len(ranges) == 1 else None
    deadline = document.get("handoff_deadline")
    return RouteRecord(
        name=document.get("name", name),
        epoch=document["epoch"],
        phase=whole.phase if whole else RoutePhase(document["phase"]),
        authority=whole.authority if whole else document["authority"],
        stores=dict(document.get("stores", {})),
        handoff_deadline=datetime.fromisoformat(deadline) if deadline else None,
        buckets=() if whole and whole.epoch == document["epoch"] else ranges,
        fenced=bool(document.get("fenced", False)),
    )


def read(text: str, name: str = "") -> RouteRecord:
    """What a store mirrors, or somebody wrote there. Raises ValueError for a text that is no route record."""
    try:
        return from_document(json.loads(text), name)
    except (KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
