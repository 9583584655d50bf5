"""What one may ask the audit trail for, and the rows that match."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Length, Lower, Replace

from migrations_app.models import AuditEntry, Environment
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.audit_kinds import Topic, actions_of
from migrations_app.selectors.environments import LARGEST_ID

COLUMNS = (
    "action", "actor", "outcome", "environment", "object_type", "object_id", "on_behalf_of", "token", "address",
    "request_id",
)  # fmt: skip
_MOST_WORDS = 6
_FRAME = (  # the names that every stored body has, which no search is for
    '{"action":"actor":"address":"after":"at":"before":"environment":"format":"object":{"id":"type":"on_behalf_of":'
    '"outcome":"previous":"reason":"request_id":"seq":"token":}'
)


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty means any. `q`: each of its words stands somewhere in the entry; a number is an entry's or an object's.

    `topic` is one of `audit_kinds.Topic`, `after` an entry's seq. Times are those that entries say.
    """

    q: str = ""
    actor: str = ""
    action: str = ""
    topic: str = ""
    outcome: str = ""
    environment: str = ""
    object_type: str = ""
    object_id: str = ""
    on_behalf_of: str = ""
    token: str = ""
    address: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0


ANYTHING = AuditFilters()


@dataclass(frozen=True, slots=True)
class Question:
    """Filters, and what the asker may see, as the database is asked.

    `equal` maps a column to the values that it may have; `rest` is what no index answers.
    """

    equal: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    after: int

    @property
    def rows(self) -> QuerySet[AuditEntry]:
        """All that match, in no order."""
        rows = AuditEntry.objects.all()
        for column, values in self.equal.items():
            rows = rows.filter(**({column: values[0]} if len(values) == 1 else {f"{column}__in": values}))
        if self.since is not None:
            rows = rows.filter(at__gte=self.since)
        if self.until is not None:
            rows = rows.filter(at__lt=self.until)
        if self.after:
            rows = rows.filter(seq__gt=self.after)
        for word in self.words:
            rows = _with_word(rows, word)
        return rows


def question(access: Access, filters: AuditFilters) -> Question:
    """Who may audit some environments only sees the entries of those."""
    equal: dict[str, tuple[str, ...]] = {}
    for column in COLUMNS:
        if value := _clean(getattr(filters, column)):
            equal[column] = (value,)
    if filters.topic in tuple(Topic):
        _meet(equal, "action", actions_of(filters.topic))
    allowed = access.environments(Permission.READ_AUDIT)
    if allowed is not None:
        names = Environment.objects.filter(pk__in=allowed).order_by("name").values_list("name", flat=True)
        _meet(equal, "environment", tuple(names))
    return Question(
        equal=equal,
        words=tuple(_clean(filters.q).split()[:_MOST_WORDS]),
        since=filters.since,
        until=filters.until,
        after=filters.after if 0 < filters.after <= LARGEST_ID else 0,
    )


def matching_entries(access: Access, filters: AuditFilters) -> QuerySet[AuditEntry]:
    return question(access, filters).rows


def _meet(equal: dict[str, tuple[str, ...]], column: str, values: tuple[str, ...]) -> None:
    equal[column] = tuple(one for one in equal.get(column, values) if one in values)


def _clean(value: str) -> str:
    return value.replace("\x00", "")


class _BodyText(Func):
    """The stored bytes as text."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS TEXT)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="convert_from(%(expressions)s, 'UTF8')", **context)


def _with_word(rows: QuerySet[AuditEntry], word: str) -> QuerySet[AuditEntry]:
    if word.isascii() and word.isdigit():  # digits are in every hash and every time
        number = Q(seq=int(word)) if int(word) <= LARGEST_ID else Q()
        return rows.filter(Q(object_id=word) | number if number else Q(object_id=word))
    stored = json.dumps(word, ensure_ascii=False)[1:-1]
    found = rows.alias(stored=_BodyText(F("body"))).filter(stored__icontains=stored)
    in_every_one = _FRAME.count(stored.lower())
    if not in_every_one:
        return found
    without = Length(Replace(Lower("stored"), Value(stored.lower()), Value("")))
    more = ExpressionWrapper(Q(kept__lt=Length("stored") - in_every_one * len(stored)), output_field=BooleanField())
    return found.alias(kept=without).filter(more)
