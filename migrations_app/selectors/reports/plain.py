"""The JSON form: the model as it is, times as ISO 8601 in UTC, and its digest over RFC 8785."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

import rfc8785

from migrations_app.selectors.reports.model import Content, EventReport, RunReport

_SAFE = 2**53 - 1
_EVENTS_AT_ONCE = 500
_PLACE = "events go here"


def plain(value: Any) -> Any:
    """JSON values that RFC 8785 can write: integers beyond 2^53 become text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _SAFE:
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def instant(at: datetime) -> str:
    """To the microsecond, as the journal has it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest_of(content: Content) -> str:
    """'' where not all events were read: then there is nothing that it could stand for."""
    return digest_of_plain(plain(content)) if content.events.sha256 else ""


def digest_of_plain(content: Mapping[str, Any]) -> str:
    """Of the `content` of a JSON report, as whoever received it works it out."""
    bare = {**content, "events": {**content["events"], "rows": []}}
    return hashlib.sha256(rfc8785.dumps(bare)).hexdigest()


def written(report: RunReport, events: Iterable[EventReport]) -> Iterator[bytes]:
    """The whole document in pieces, with all `events` in place of those that other forms show."""
    bare = replace(report, content=replace(report.content, events=replace(report.content.events, rows=())))
    document = plain(bare)
    document["content"]["events"]["rows"] = _PLACE
    before, after = json.dumps(document, ensure_ascii=False, indent=1).split(json.dumps(_PLACE))
    yield f"{before}[".encode()
    separator, part = "\n", []
    for event in events:
        part.append(separator + json.dumps(plain(event), ensure_ascii=False))
        separator = ",\n"
        if len(part) == _EVENTS_AT_ONCE:
            yield "".join(part).encode()
            part = []
    yield f"{''.join(part)}]{after}\n".encode()
