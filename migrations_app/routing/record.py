"""The route record as it travels: the JSON of `GET /api/v1/routes/{name}` and back (DESIGN section 7).

Standard mode moves a route as a whole, so one bucket range covers everything.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase

BUCKETS = 256
WRITES_WAIT = frozenset({RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK})


def to_document(record: RouteRecord) -> dict[str, Any]:
    """JSON-ready. `handoff_deadline` is ISO 8601 with offset, or null."""
    return {
        "name": record.name,
        "epoch": record.epoch,
        "buckets": [
            {
                "from": 0,
                "to": BUCKETS - 1,
                "phase": str(record.phase),
                "epoch": record.epoch,
                "authority": record.authority,
            }
        ],
        "stores": dict(record.stores),
        "handoff_deadline": record.handoff_deadline.isoformat() if record.handoff_deadline else None,
    }


def from_document(document: Mapping[str, Any], name: str = "") -> RouteRecord:
    """Raises KeyError or ValueError for a document that is no route record, or splits the route into ranges."""
    bucket, *others = document["buckets"]
    if others:
        raise ValueError("this client follows routes that move as a whole; the record has several bucket ranges")
    deadline = document.get("handoff_deadline")
    return RouteRecord(
        name=document.get("name", name),
        epoch=document["epoch"],
        phase=RoutePhase(bucket["phase"]),
        authority=bucket["authority"],
        stores=dict(document.get("stores", {})),
        handoff_deadline=datetime.fromisoformat(deadline) if deadline else None,
    )
