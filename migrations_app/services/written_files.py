"""Files that a worker writes for one person: claimed, shown to be alive, ended, read; the same for every kind of them.

A worker that dies leaves no half file: the next one begins anew, under another key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Q

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.models import WrittenFile
from migrations_app.runtime import composition, outbox
from migrations_app.services.errors import NotFound

ABANDONED = timedelta(minutes=1)  # without a sign of life
_CHUNK = 1 << 16
F_ = TypeVar("F_", bound=WrittenFile)


class TakenOver(Exception):
    """Another worker writes it now, or its person has removed it."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    name: str
    media_type: str
    size: int
    content: Iterator[bytes]


def claimed(model: type[F_], file_id: int, task: str, now: datetime, **anew: int) -> F_ | None:
    """None where it is not to be written, or somebody else does. `anew` are columns that begin again."""
    rows = model._default_manager
    free = Q(state=WrittenFile.WAITING) | Q(state=WrittenFile.WRITING, alive_at__lte=now - ABANDONED)
    taken = rows.filter(free, pk=file_id).update(
        state=WrittenFile.WRITING, attempt=F("attempt") + 1, alive_at=now, reached=0, **anew
    )
    if not taken:
        return None
    outbox.postpone(task, [file_id], now + ABANDONED)
    return rows.select_related("person").get(pk=file_id)


def alive(row: WrittenFile, now: datetime, **columns: int) -> None:
    """Says how far it is. Raises TakenOver."""
    mine = type(row)._default_manager.filter(pk=row.pk, attempt=row.attempt, state=WrittenFile.WRITING)
    if mine.update(alive_at=now, **columns) != 1:
        raise TakenOver


def end(row: WrittenFile, task: str, now: datetime, *, state: str, problem: str = "") -> bool:
    """Whether it is ready now, by this call."""
    stored = composition.artifacts().stat(row.key) if state == WrittenFile.READY else None
    mine = type(row)._default_manager.filter(pk=row.pk, attempt=row.attempt, state=WrittenFile.WRITING)
    with transaction.atomic():
        ended = mine.update(state=state, size=stored.size if stored else 0, problem=problem[:500], ended_at=now) == 1
        if ended:
            outbox.mark_claimed(task, [row.pk], now)
    if not ended:
        composition.artifacts().delete(row.key)
    return ended and state == WrittenFile.READY


def take_away(row: WrittenFile, task: str, now: datetime) -> None:
    """In the caller's transaction; the file goes once it commits."""
    type(row)._default_manager.filter(pk=row.pk).update(state=WrittenFile.REMOVED, ended_at=now)
    outbox.mark_claimed(task, [row.pk], now)
    transaction.on_commit(lambda: composition.artifacts().discard(row.folder), robust=True)


def remove_old(model: type[WrittenFile], *, ended_by: datetime) -> int:
    """How many were removed."""
    over = model._default_manager.filter(ended_at__lte=ended_by, state__in=[WrittenFile.READY, WrittenFile.FAILED])
    removed = 0
    for row in over:
        composition.artifacts().discard(row.folder)
        removed += model._default_manager.filter(pk=row.pk, state=row.state).update(state=WrittenFile.REMOVED)
    return removed


def content(key: str) -> Iterator[bytes]:
    """In parts, the first of which is read now: once an answer has begun it can no longer say that there is none.

    Raises NotFound where the artifact store does not have it.
    """
    parts = _parts(key)
    try:
        first = next(parts, b"")
    except DependencyUnavailable as gone:
        raise NotFound(
            "The file was written, but is not in the artifact store any more.",
            "Ask for a new one. If that happens again, web and worker processes see different SNAKEWEB_ARTIFACTS_URL.",
        ) from gone
    return chain((first,), parts)


def _parts(key: str) -> Iterator[bytes]:
    with composition.artifacts().open(key) as file:
        while part := file.read(_CHUNK):
            yield part
