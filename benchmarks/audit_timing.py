"""Fills and times the audit trail of the database that SNAKEWEB_STATE names: `-m benchmarks.audit_timing ROWS ROUNDS`.

Entries come from 12 people, four tokens, 200 addresses; one in 200 is denied, one in 1,000 acts for somebody, one
in 10,000 breaks the glass. Pages are what `selectors/audit.py` gives to the template, without rendering it.
"""

import hashlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402  models load only after django.setup()

from migrations_app.migrations import _audit_triggers as triggers  # noqa: E402
from migrations_app.models import AuditCheckpoint, AuditEntry, AuditHead  # noqa: E402
from migrations_app.models.actor import SYSTEM  # noqa: E402
from migrations_app.runtime import sealing  # noqa: E402
from migrations_app.runtime.audit import AuditRecord, canonical_body  # noqa: E402
from migrations_app.runtime.audit_check import check_chain  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402
from migrations_app.selectors.audit import FACETS, audit_detail, audit_page  # noqa: E402
from migrations_app.selectors.audit_filters import ANYTHING, AuditFilters  # noqa: E402

BATCH = 5_000
NOW = SystemClock().now()
ACTIONS = ("migration.edit", "migration.plan", "review.submit", "review.approve", "run.execute", "run.pause")
FILTERS = {
    "outcome denied": AuditFilters(outcome="denied"),
    "who": AuditFilters(actor="person-3"),
    "on behalf of": AuditFilters(on_behalf_of="person-1"),
    "topic signatures": AuditFilters(topic="signatures"),
    "topic emergencies": AuditFilters(topic="emergencies"),
    "action": AuditFilters(action="run.execute"),
    "environment": AuditFilters(environment="production"),
    "kind of object": AuditFilters(object_type="migration"),
    "object": AuditFilters(object_type="migration", object_id="77"),
    "token": AuditFilters(token="swk_0000002"),  # noqa: S106  # a prefix
    "address": AuditFilters(address="192.0.2.17"),
    "request": AuditFilters(request_id="request-500"),
    "who and outcome": AuditFilters(actor="person-3", outcome="denied"),
    "a word of many": AuditFilters(q="production"),
    "a word of none": AuditFilters(q="of-no-entry"),
    "a number": AuditFilters(q="777"),
}


def main(rows: int, rounds: int) -> None:
    if AuditHead.objects.get_or_create(pk=1)[0].seq < rows:
        fill(rows)
    with timed() as taken:
        sealing.seal_due(NOW + timedelta(days=1))
    print(f"sealed up to checkpoint {AuditCheckpoint.objects.count():,} in {taken}")
    with timed() as taken:
        found = check_chain()
    print(f"{found.entries:,} entries verified in {taken}: {found.broken or 'intact'}")
    print(f"  {'':<28}{'p50 ms':>8}{'p95 ms':>8}{'rows':>6}")
    page("first page, with facets", rounds)
    show("first page, without", rounds, lambda: len(audit_page(actor=SYSTEM, facets=False).rows))
    for deep in (rows // 2, rows // 100):
        page(f"page from {deep:,} down", rounds, cursor=str(deep))
    for name, filters in FILTERS.items():
        page(name, rounds, filters)
    for ago in (1, 24 * 5):
        since = NOW - timedelta(hours=ago + 1)
        page(f"one hour, {ago} h ago", rounds, AuditFilters(since=since, until=NOW - timedelta(hours=ago)))
    for facet in FACETS:
        newest = AuditEntry.objects.exclude(**{facet: ""}).order_by("-seq").values_list(facet, flat=True).first()
        chosen: dict[str, Any] = {facet: newest or "none"}
        page(f"facet {facet}", rounds, AuditFilters(**chosen))
    keys = sealing.trusted_keys()
    show(
        "one entry with its proof",
        rounds,
        lambda: int(audit_detail(actor=SYSTEM, seq=rows // 2, trusted=keys).proof.holds),
    )


class Taken:
    """Seconds by the clock, and of this process's own work: on a busy machine the first says little."""

    wall = own = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, {self.own:.1f} s of them work of this process"


@contextmanager
def timed() -> Iterator[Taken]:
    taken, wall, own = Taken(), time.perf_counter(), time.process_time()
    yield taken
    taken.wall, taken.own = time.perf_counter() - wall, time.process_time() - own


def page(name: str, rounds: int, filters: AuditFilters = ANYTHING, cursor: str = "") -> None:
    show(name, rounds, lambda: len(audit_page(actor=SYSTEM, filters=filters, cursor=cursor).rows))


def show(name: str, rounds: int, call: Callable[[], int]) -> None:
    call()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        rows = call()
        taken.append(1000 * (time.perf_counter() - began))
    worst = statistics.quantiles(taken, n=20, method="inclusive")[-1]
    print(f"  {name:<28}{statistics.median(taken):>8.1f}{worst:>8.1f}{rows:>6}")


def fill(rows: int) -> None:
    began = time.perf_counter()
    made = links(rows)
    while batch := list(islice(made, BATCH)):
        AuditEntry.objects.bulk_create(batch)
    last = AuditEntry.objects.latest("seq")
    statements(triggers.drop_statements(connection.vendor))  # the head moves by more than one here
    AuditHead.objects.update(seq=last.seq, hash=last.hash)
    statements(triggers.create_statements(connection.vendor))
    print(f"{rows:,} entries made in {time.perf_counter() - began:.0f} s")


def statements(lines: list[str]) -> None:
    with connection.cursor() as cursor:
        for line in lines:
            cursor.execute(line)


def links(rows: int) -> Iterator[AuditEntry]:
    head = AuditHead.objects.get()
    previous = head.hash
    for seq in range(head.seq + 1, rows + 1):
        record = AuditRecord(
            at=NOW - timedelta(seconds=rows - seq),
            actor=f"person-{seq * 7919 % 12}",
            on_behalf_of="person-1" if seq % 1_000 == 0 else "",
            token=f"swk_{seq % 4:07}" if seq % 5 == 0 else "",
            address=f"192.0.2.{seq * 31 % 200}",
            request_id=f"request-{seq // 3}",
            action="run.break_glass" if seq % 10_000 == 0 else ACTIONS[seq % len(ACTIONS)],
            object_type="run" if seq % 6 == 5 else "migration",
            object_id=str(seq * 104_729 % 10_000),
            environment=("dev", "staging", "production")[seq % 3],
            outcome="denied" if seq % 200 == 0 else "allowed",  # type: ignore[arg-type]
            after={"title": f"Move the sessions of service {seq % 97}"},
        )
        body = canonical_body(record, seq=seq, previous=previous)
        digest = hashlib.sha256(body).hexdigest()
        names = (
            "at", "actor", "on_behalf_of", "token", "address", "request_id", "action", "object_type", "object_id",
            "environment", "outcome",
        )  # fmt: skip
        columns = {name: getattr(record, name) for name in names}
        yield AuditEntry(seq=seq, body=body, previous=previous, hash=digest, **columns)
        previous = digest


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
