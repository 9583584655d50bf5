from datetime import UTC, datetime, timedelta

from migrations_app.engine.vocabulary import RunState
from migrations_app.selectors.calendar import Entry, EntryKind
from migrations_app.web.ical import calendar

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def entry(**changes):
    values = {"kind": EntryKind.WINDOW, "at": NOW, "until": NOW + timedelta(hours=2), "title": "nightly"}
    return Entry(**{**values, "environment": "staging", "environment_id": 1, **changes})


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def feed(*entries):
    return calendar("staging", entries, now=NOW, origin="https://snakeweb.example")


def test_an_entry_has_its_times_in_utc_and_its_name():
    lines = unfolded(feed(entry()))

    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert {"DTSTART:20260301T120000Z", "DTEND:20260301T140000Z", "SUMMARY:Window: nightly"} <= set(lines)
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_text_is_escaped_and_long_lines_are_folded_between_characters():
    title = "Move; sessions, übermorgen\nBEGIN:VEVENT \\ " + "ä" * 100
    text = feed(entry(title=title))

    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert text.encode().decode() == text
    (summary,) = [line for line in unfolded(text) if line.startswith("SUMMARY")]
    assert summary == r"SUMMARY:Window: Move\; sessions\, übermorgen\nBEGIN:VEVENT \\ " + "ä" * 100
    assert text.count("BEGIN:VEVENT\r\n") == 1


def test_what_has_no_end_is_drawn_short_and_leads_to_its_page():
    run = entry(kind=EntryKind.RUN, until=None, migration_id=3, run_id=7, run_state=RunState.ROLLED_BACK)
    lines = unfolded(feed(run, entry(kind=EntryKind.SCHEDULE, until=None, migration_id=3)))

    assert lines.count("DTEND:20260301T121500Z") == 2
    assert "SUMMARY:Run: nightly (rolled back)" in lines
    assert {"URL:https://snakeweb.example/runs/7/", "URL:https://snakeweb.example/migrations/3/"} <= set(lines)


def test_an_entry_keeps_its_id_and_no_two_share_one():
    def uids(text):
        return [line for line in unfolded(text) if line.startswith("UID:")]

    later = entry(at=NOW + timedelta(days=1))
    assert uids(feed(entry(), later)) == uids(feed(entry(), later))
    assert len(set(uids(feed(entry(), later, entry(kind=EntryKind.FREEZE))))) == 3
