"""The newest entries that match, found without reading the whole trail.

One column that an index answers is read from its index, several values of it are merged. Anything else is looked
for among the few entries of its rarest column, or, where none is rare, in growing windows back from the newest, and no
further than a budget: then the answer says how far it has looked, and one may look further.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Max, Min, QuerySet

from migrations_app.models import AuditEntry
from migrations_app.selectors.audit_filters import Question

RARE = 5_000  # entries that are looked through one by one
WINDOW = 2_000  # entries; the next window is four times as long
BUDGET = 200_000  # entries that are looked at for one page
BUDGET_FOR_WORDS = 50_000  # each of them is read, not only its index
TOLERANCE = 10_000  # entries that may be between two whose times are the other way round
_TOGETHER = (("object_type", "object_id"),)  # an index of both
_OF_ALL = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """`rows` newest first. `complete`: nothing older matches. `looked_to` is the oldest entry that was looked at."""

    rows: tuple[tuple[Any, ...], ...]
    complete: bool
    looked_to: int


def newest(asked: Question, *, columns: Sequence[str], most: int, below: int = _OF_ALL) -> Found:
    """At most `most` rows of entries older than `below`, as values of `columns`, of which the first is `seq`."""
    if any(not values for values in asked.equal.values()):
        return Found((), complete=True, looked_to=0)
    low, high = _bounds(asked, below)
    if low >= high:
        return Found((), complete=True, looked_to=0)
    anchors = _anchors(asked.equal)
    if not asked.words and len(anchors) <= 1:
        return _ended(list(islice(_merged(asked, low, high, columns, most + 1), most + 1)), most)
    rare = _rare(anchors, low, high)
    if rare is not None:
        among = _within(asked.rows, low, high).filter(seq__in=rare.values("seq"))
        return _ended(list(among.order_by("-seq").values_list(*columns)[: most + 1]), most)
    return _in_windows(asked, low, high, columns, most)


def _bounds(asked: Question, below: int) -> tuple[int, int]:
    """Entries `low` to below `high` have all that match the times, without looking at each.

    Times follow the order of the chain, but for what a transaction took or a clock was set back by: within so
    many entries of the border in the order of time, the outermost in the order of the chain.
    """
    low, high = asked.after, min(below, _OF_ALL)
    if asked.since is not None:
        low = max(low, (_border(asked.since, newer=True) or _OF_ALL) - 1)
    if asked.until is not None:
        high = min(high, (_border(asked.until, newer=False) or 0) + 1)
    return low, high


def _border(at: datetime, *, newer: bool) -> int | None:
    rows = AuditEntry.objects.filter(at__gte=at) if newer else AuditEntry.objects.filter(at__lt=at)
    near = rows.order_by("at" if newer else "-at").values("seq")[:TOLERANCE]
    found: int | None = near.aggregate(border=Min("seq") if newer else Max("seq"))["border"]
    return found


def _anchors(equal: Mapping[str, tuple[str, ...]]) -> list[dict[str, tuple[str, ...]]]:
    """Conditions that one index answers each."""
    left = dict(equal)
    whole = [columns for columns in _TOGETHER if all(len(left.get(column, ())) == 1 for column in columns)]
    found = [{column: left.pop(column) for column in columns} for columns in whole]
    return [*found, *({column: values} for column, values in left.items() if column != "object_id")] + (
        [{"object_id": left["object_id"]}] * 2 if "object_id" in left else []  # no index: never the only one
    )


def _within(rows: QuerySet[AuditEntry], low: int, high: int) -> QuerySet[AuditEntry]:
    return rows.filter(seq__gt=low, seq__lt=high)


def _merged(asked: Question, low: int, high: int, columns: Sequence[str], most: int) -> Iterator[tuple[Any, ...]]:
    """Each value of the one column that is asked for from its own part of the index, in the order of the chain."""
    column = next((name for name, values in asked.equal.items() if len(values) > 1), None)
    parts = [asked] if column is None else [
        replace(asked, equal={**asked.equal, column: (value,)}) for value in asked.equal[column]
    ]  # fmt: skip
    slices = (_within(part.rows, low, high).order_by("-seq").values_list("seq", flat=True)[:most] for part in parts)
    if column is None:
        yield from _within(asked.rows, low, high).order_by("-seq").values_list(*columns)[:most]
        return
    wanted = list(islice(heapq.merge(*slices, reverse=True), most))
    for start in range(0, len(wanted), 500):
        chunk = AuditEntry.objects.filter(seq__in=wanted[start : start + 500])
        yield from chunk.order_by("-seq").values_list(*columns)


def _rare(anchors: Sequence[Mapping[str, tuple[str, ...]]], low: int, high: int) -> QuerySet[AuditEntry] | None:
    """The entries of the first condition that few entries meet; None where each is met by many."""
    for anchor in anchors:
        if "object_id" in anchor and len(anchor) == 1:
            continue
        rows = Question(anchor, (), None, None, 0).rows
        few = _within(rows, low, high).order_by("-seq")[: RARE + 1]
        if few.values("seq").count() <= RARE:
            return few
    return None


def _in_windows(asked: Question, low: int, high: int, columns: Sequence[str], most: int) -> Found:
    head = AuditEntry.objects.aggregate(head=Max("seq"))["head"] or 0
    top, size = min(high, head + 1), WINDOW
    floor = max(low, top - (BUDGET_FOR_WORDS if asked.words else BUDGET) - 1)
    found: list[tuple[Any, ...]] = []
    while top - 1 > floor and len(found) <= most:
        bottom = max(floor, top - size - 1)
        part = _within(asked.rows, bottom, top).order_by("-seq").values_list(*columns)
        found.extend(part[: most + 1 - len(found)])
        top, size = bottom + 1, size * 4
    if len(found) > most or floor <= low:
        return _ended(found, most)
    return Found(tuple(found), complete=False, looked_to=floor + 1)


def _ended(found: Sequence[tuple[Any, ...]], most: int) -> Found:
    rows = tuple(found[:most])
    complete = len(found) <= most
    return Found(rows, complete, 0 if complete else rows[-1][0])
