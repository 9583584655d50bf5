"""Rows of the audit trail as the database holds them, and whether one is what its own stored bytes say.

Whoever changes the trail by SQL is not held to the types of the columns: SQLite takes text for bytes, and a PostgreSQL
time may be one that Python has no word for. So times are read as text, and what is no entry is a finding, not an error.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import OperationalError
from django.db.models import F, Func, TextField

from migrations_app.models import AuditEntry

LARGEST = 2**63 - 1
_ROWS_AT_ONCE = 5000


class Row(NamedTuple):
    """`at` is text, as bodies have it."""

    seq: Any
    body: Any
    hash: str
    previous: str
    at: str
    actor: str
    on_behalf_of: str
    token: str
    address: str
    action: str
    outcome: str
    environment: str
    request_id: str
    object_type: str
    object_id: str


_STORED = [name if name != "at" else "instant" for name in Row._fields]
_SHOWN = ("at", "actor", "on_behalf_of", "token", "address", "action", "outcome", "environment", "request_id")
_said = itemgetter(*_SHOWN)
_decode = json.JSONDecoder().raw_decode


class Unreadable(Exception):
    """The database itself cannot read the entry `seq`."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"entry {seq} cannot be read")
        self.seq = seq


class _Instant(Func):
    """A time of the trail in the words of `runtime.audit.instant`."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = (
            "(replace(%(expressions)s, ' ', 'T') || "
            "CASE WHEN length(%(expressions)s) = 19 THEN '.000000Z' ELSE 'Z' END)"
        )
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        words = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''
        template = f"to_char(%(expressions)s AT TIME ZONE 'UTC', {words})"
        return self.as_sql(compiler, connection, template=template, **context)


def rows(*, above: int, through: int = LARGEST, most: int | None = None) -> Iterator[Row]:
    """In the order of the chain, a few thousand at a time. Raises Unreadable."""
    last: Any = above
    try:
        for row in _read(above, through, most):
            yield row
            last = row.seq
    except OperationalError as error:
        if not _is_text_that_is_none(error):
            raise
        yield from _one_by_one(last, through)


def _read(above: int, through: int, most: int | None = None) -> Iterator[Row]:
    found = AuditEntry.objects.filter(seq__gt=above, seq__lte=through).order_by("seq")
    stored = found.annotate(instant=_Instant(F("at"))).values_list(*_STORED)[:most]
    return map(Row._make, stored.iterator(chunk_size=_ROWS_AT_ONCE))


def _one_by_one(above: int, through: int) -> Iterator[Row]:
    """What could not be read together; ends with Unreadable."""
    seqs = AuditEntry.objects.filter(seq__gt=above, seq__lte=through).order_by("seq").values_list("seq", flat=True)
    for seq in seqs.iterator():
        try:
            yield from list(_read(seq - 1, seq))
        except OperationalError as error:
            if not _is_text_that_is_none(error):
                raise
            raise Unreadable(seq) from error


def _is_text_that_is_none(error: OperationalError) -> bool:
    """SQLite takes any bytes for text, and its driver does not give them back."""
    return "decode to UTF-8" in str(error)


def is_whole(row: Row) -> bool:
    """Whether its body has its hash."""
    return isinstance(row.body, bytes | memoryview) and hashlib.sha256(row.body).hexdigest() == row.hash


def content_of(body: Any) -> Mapping[str, Any] | None:
    """What a stored body says; None where it is none."""
    try:
        text = bytes(body).decode()
        content, end = _decode(text)
        complete = end == len(text) and isinstance(content["seq"], int) and isinstance(content["previous"], str)
        _said(content), content["object"]["type"], content["object"]["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return content if complete else None


def shown_otherwise(row: Row, content: Mapping[str, Any]) -> list[str]:
    """The names of what the columns show and the body does not say."""
    about = content["object"]
    said = (*_said(content), about["type"], about["id"])
    shown = row[4:]
    if said == shown:
        return []
    differ = {name for name, one, other in zip((*_SHOWN, "object", "object"), said, shown, strict=True) if one != other}
    return sorted(differ)
