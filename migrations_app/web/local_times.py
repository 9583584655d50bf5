"""Times out of `datetime-local` inputs, which have no zone, and rules of repetition out of a choice."""

from collections.abc import Mapping
from datetime import UTC, datetime

REPEATS = (
    ("", "does not repeat"),
    ("FREQ=DAILY", "every day"),
    ("FREQ=WEEKLY", "every week, on the first one's weekday"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "on every weekday"),
    ("FREQ=MONTHLY", "every month, on the first one's date"),
)

_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}


def said(rule: str) -> str:
    """A rule in words where there are short ones: `FREQ=WEEKLY;BYDAY=SA` -> `every week on Saturday`; else ''."""
    known = dict(REPEATS).get(rule, "").partition(",")[0]
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if known or parts.keys() != {"FREQ", "BYDAY"} or parts["FREQ"] != "WEEKLY":
        return known
    days = [_DAYS.get(day, "") for day in parts["BYDAY"].split(",")]
    return f"every week on {' and '.join([', '.join(days[:-1]), days[-1]] if days[1:] else days)}" if all(days) else ""


def local_time(text: str) -> datetime | None:
    """`2027-01-31T02:00`; None for what is no such time."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def utc_time(text: str) -> datetime | None:
    found = local_time(text)
    return found.replace(tzinfo=UTC) if found else None


def recurrence(values: Mapping[str, str]) -> str:
    """The rule of one's own where there is one, else the chosen one."""
    return values.get("rule", "").strip() or values.get("repeats", "")
