"""A calendar as text of RFC 5545, for calendar programs. Times are in UTC, so no zone has to be described."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from migrations_app.selectors.calendar import Entry, EntryKind

_WORDS = {
    EntryKind.WINDOW: "Window",
    EntryKind.FREEZE: "Frozen",
    EntryKind.SCHEDULE: "Scheduled",
    EntryKind.MISSED: "Missed",
    EntryKind.RUN: "Run",
}
_SHORT = timedelta(minutes=15)  # how long what has no end is drawn
_MOST_OCTETS = 75


def calendar(name: str, entries: Iterable[Entry], *, now: datetime, origin: str) -> str:
    """`origin` is where the pages are, for the links. Lines end in CRLF and are folded at 75 octets."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Snakeweb//Calendar//EN",
        f"X-WR-CALNAME:{_text(f'Snakeweb: {name}')}",
        "X-PUBLISHED-TTL:PT15M",
    ]
    for entry in entries:
        lines += _event(entry, now, origin)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(entry: Entry, now: datetime, origin: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(entry)}@snakeweb"
    yield f"DTSTAMP:{_time(now)}"
    yield f"DTSTART:{_time(entry.at)}"
    yield f"DTEND:{_time(max(entry.until or entry.at + _SHORT, entry.at + timedelta(minutes=1)))}"
    state = f" ({entry.run_state.replace('_', ' ')})" if entry.run_state else ""
    yield f"SUMMARY:{_text(f'{_WORDS[entry.kind]}: {entry.title}{state}')}"
    yield f"LOCATION:{_text(entry.environment)}"
    yield f"CATEGORIES:{_text(str(entry.kind).upper())}"
    yield f"TRANSP:{'OPAQUE' if entry.kind is EntryKind.FREEZE else 'TRANSPARENT'}"
    if entry.run_id:
        yield f"URL:{origin}/runs/{entry.run_id}/"
    elif entry.migration_id:
        yield f"URL:{origin}/migrations/{entry.migration_id}/"
    yield "END:VEVENT"


def _uid(entry: Entry) -> str:
    """The same entry has the same one in every answer."""
    parts = (entry.kind, entry.environment_id, entry.migration_id, entry.run_id, entry.title, _time(entry.at))
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,")
    return escaped.replace("\r", "").replace("\n", r"\n")


def _folded(line: str) -> Iterator[str]:
    """No piece is longer than 75 octets, and none ends within a character."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > _MOST_OCTETS:
            yield piece
            piece = " "
        piece += character
    yield piece
