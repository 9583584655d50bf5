"""How values read on a page: pure functions, which the template tags name."""

import math
import re
from datetime import datetime

from django.template.defaultfilters import filesizeformat

from migrations_app.engine.vocabulary import MigrationStatus, ReviewState
from migrations_app.selectors.state_words import fact_name, state_words, tone, words

__all__ = [
    "CAME_TO_AN_END",
    "REVIEW_WORDS",
    "came_to_an_end",
    "clock",
    "compact",
    "duration",
    "fact",
    "fact_name",
    "initials",
    "relative",
    "review_words",
    "sentence",
    "short_digest",
    "short_time",
    "state_words",
    "thousands",
    "tone",
    "words",
]


REVIEW_WORDS: dict[str, str] = {
    ReviewState.REJECTED: "declined",
    ReviewState.VOIDED: "signatures void",
    ReviewState.EXPIRED: "review expired",
}

CAME_TO_AN_END: dict[str, str] = {
    MigrationStatus.COMPLETED: "It has completed",
    MigrationStatus.FAILED: "It has failed",
    MigrationStatus.ROLLED_BACK: "It was rolled back",
    MigrationStatus.CANCELLED: "It was cancelled",
}


def sentence(fragment: object) -> str:
    """`you wrote revision 1` -> `You wrote revision 1.`"""
    text = str(fragment).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) or not text else ".")


def review_words(value: object) -> str:
    """Where a review stands, in the words of the page where people sign and decline."""
    return REVIEW_WORDS.get(str(value), words(value))


def came_to_an_end(status: object) -> str:
    """How a migration ended, as the beginning of a sentence; '' for one that has not."""
    return CAME_TO_AN_END.get(str(status), "")


def thousands(value: object) -> str:
    """`1204882` -> `1,204,882`; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def duration(seconds: object) -> str:
    """`200` -> `3 min 20 s`: the two largest units."""
    if not isinstance(seconds, int | float):
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 86_400:
        hours, rest = divmod(whole, 3600)
        return f"{hours} h {rest // 60} min" if rest >= 60 else f"{hours} h"
    days, rest = divmod(whole, 86_400)
    return f"{days} d {rest // 3600} h" if rest >= 3600 else f"{days} d"


def milliseconds(whole: int) -> str:
    """`1500` -> `1,500 ms`, `3600000` -> `1 h`: in larger units where nothing is lost by it."""
    exact = whole % 1000 == 0 if whole < 3_600_000 else whole % 60_000 == 0
    exact = exact and (whole < 86_400_000 or whole % 3_600_000 == 0)
    return duration(whole // 1000) if whole >= 10_000 and exact else f"{thousands(whole)} ms"


def clock(seconds: object) -> str:
    """`252` -> `4:12`."""
    if not isinstance(seconds, int | float):
        return "–"
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short_time(seconds: float) -> str:
    """`0.34` -> `0.3 s`, `252.0` -> `4:12`; what takes no tenth of a second is no zero either."""
    if seconds < 0.05:
        return "< 0.1 s"
    return f"{seconds:.1f} s" if seconds < 10 else clock(seconds)


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def fact(value: object, name: str = "") -> str:
    """A value of a result as people read it: `1500` -> `1,500`, a digest by both its ends, times with their unit."""
    text = _MOMENT.sub(lambda found: f"{found[1]} {found[2]} UTC", str(value))
    text = re.sub(r"\b[a-z]+(?:_[a-z]+)+(?=: )", lambda found: words(found[0]), text)
    if _DIGEST.fullmatch(text):
        return short_digest(text)
    if name.endswith("_bytes") and text.isdigit():
        return filesizeformat(int(text)).replace("\xa0", " ")
    whole = int(text) if text.isdigit() and len(text) < 16 else None
    number = text if whole is None else thousands(whole)
    if name != "downtime" and not name.endswith("_ms"):
        return number
    return f"{number} ms" if whole is None else milliseconds(whole)


def compact(value: object) -> str:
    """`28400` -> `28.4 k`."""
    if not isinstance(value, int | float):
        return "–"
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if value >= size:
            scaled = value / (1000 if letter == "k" else size)
            return f"{scaled:.1f}".removesuffix(".0") + f" {letter}"
    return thousands(math.floor(value))


def short_digest(value: object) -> str:
    text = str(value or "")
    return f"{text[:4]}…{text[-4:]}" if len(text) > 12 else text


def initials(name: object) -> str:
    parts: list[str] = re.findall(r"[^\W\d_]+", str(name)) or ["?"]
    letters = parts[0][:1] + parts[-1][:1] if len(parts) > 1 else parts[0][:2]
    return letters.upper()


def relative(at: datetime, now: datetime) -> str:
    """`3 min ago`, `in 2 h`, `yesterday`-free: always one unit, which stays true for as long as the page is open."""
    seconds = (now - at).total_seconds()
    size = abs(seconds)
    if size < 45:
        return "just now" if seconds >= 0 else "in a moment"
    for limit, unit, name in ((3600, 60, "min"), (86_400, 3600, "h"), (math.inf, 86_400, "d")):
        if size < limit - unit / 2:
            count = round(size / unit)
            return f"{count} {name} ago" if seconds >= 0 else f"in {count} {name}"
    return ""
