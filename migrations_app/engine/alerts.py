"""Alerts: what can be the cause of one, what its text may say, and when it may be said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_TEMPLATE = 1000
MOST_SUBJECT = 180
DEFAULT_TEMPLATE = "{text}\n\n{link}"
PLACEHOLDERS: Mapping[str, str] = {
    "rule": "the rule's name",
    "cause": "what it is about, in words",
    "text": "what happened, in a sentence",
    "environment": "where",
    "title": "of the migration, where it is about one",
    "run": "number of the run, where it is about one",
    "at": "when, in UTC",
    "link": "the page that says more",
}
_BRACES = re.compile(r"\{([^{}]*)\}")


class AlertCause(StrEnum):
    RUN_FAILED = "run_failed"
    RUN_ROLLED_BACK = "run_rolled_back"
    RUN_STUCK = "run_stuck"
    RUN_STALLED = "run_stalled"
    RUN_SLOW = "run_slow"
    LAG = "lag"
    APPROVAL_WAITING = "approval_waiting"
    WINDOW_MISSED = "window_missed"
    CHAIN_BROKEN = "chain_broken"
    RUN_ENDED = "run_ended"

    @property
    def words(self) -> str:
        return _WORDS[self]


class ChannelKind(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True)
class Limit:
    """From where on a condition is one to alert of; whole numbers of `unit`."""

    unit: str
    default: int
    least: int
    most: int


LIMITS: Mapping[AlertCause, Limit] = {
    AlertCause.RUN_STALLED: Limit("minutes without any event", 10, 1, 10_080),
    AlertCause.RUN_SLOW: Limit("percent of the estimated time", 200, 110, 10_000),
    AlertCause.LAG: Limit("milliseconds", 5_000, 1, 3_600_000),
    AlertCause.APPROVAL_WAITING: Limit("minutes in review", 240, 1, 10_080),
}
# These hold for a while and end by themselves; the others happen.
CONDITIONS = frozenset(
    {
        AlertCause.RUN_STALLED,
        AlertCause.RUN_SLOW,
        AlertCause.LAG,
        AlertCause.APPROVAL_WAITING,
        AlertCause.CHAIN_BROKEN,
    }
)
_WORDS: Mapping[AlertCause, str] = {
    AlertCause.RUN_FAILED: "a run failed",
    AlertCause.RUN_ROLLED_BACK: "a run was rolled back",
    AlertCause.RUN_STUCK: "a run is stuck",
    AlertCause.RUN_STALLED: "a run shows no sign of life",
    AlertCause.RUN_SLOW: "a run is slower than expected",
    AlertCause.LAG: "the replica of a route lags behind",
    AlertCause.APPROVAL_WAITING: "an approval is waited for",
    AlertCause.WINDOW_MISSED: "a scheduled time was missed",
    AlertCause.CHAIN_BROKEN: "the audit chain is broken",
    AlertCause.RUN_ENDED: "a run ended: its report is sent",
}


def unknown_placeholders(template: str) -> list[str]:
    return [name for name in dict.fromkeys(_BRACES.findall(template)) if name not in PLACEHOLDERS]


def filled(template: str, values: Mapping[str, str]) -> str:
    """Each `{name}` of the closed set becomes its value, once; a value that looks like one is not looked at again."""
    return _BRACES.sub(lambda found: values.get(found[1], ""), template)


def quiet_until(now: datetime, zone: str, begins: time | None, ends: time | None) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside of them. They may lie across midnight."""
    if begins is None or ends is None or begins == ends:
        return None
    here = now.astimezone(ZoneInfo(zone))
    for day in (here.date() - timedelta(days=1), here.date()):
        first = datetime.combine(day, begins, tzinfo=here.tzinfo)
        last = datetime.combine(day + timedelta(days=ends < begins), ends, tzinfo=here.tzinfo)
        if first <= here < last:
            ended = last.astimezone(now.tzinfo)
            # Where clocks are put back, a local time comes twice: in the second one it ends at its second end.
            return ended if ended > now else last.replace(fold=1).astimezone(now.tzinfo)
    return None
