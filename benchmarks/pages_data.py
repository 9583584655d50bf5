"""Fills the demo's database up to the full size, by bulk inserts: `python -m benchmarks.pages_data SCALE`.

Migrations are clones of the demo's planned ones, runs have journals that fold, and the audit entries are links of a
valid chain, which is checked at the end.
"""

import hashlib
import itertools
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import django

django.setup()

from django.db import connection, models  # noqa: E402  models load only after django.setup()

from migrations_app.engine.event_levels import level_of  # noqa: E402
from migrations_app.engine.events import Event, EventType  # noqa: E402
from migrations_app.engine.journal import fold  # noqa: E402
from migrations_app.engine.plan import Plan  # noqa: E402
from migrations_app.engine.vocabulary import Decision, RunKind, RunState, StepState  # noqa: E402
from migrations_app.migrations import _audit_triggers as triggers  # noqa: E402
from migrations_app.models import (  # noqa: E402
    AuditEntry,
    AuditHead,
    AuditProof,
    Environment,
    Migration,
    MigrationTarget,
    NoticeKind,
    Notification,
    Person,
    PlanRevision,
    Run,
    RunEvent,
    Signature,
    StepRun,
)
from migrations_app.runtime.audit import AuditRecord, canonical_body  # noqa: E402
from migrations_app.runtime.audit_check import check_chain  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402

MIGRATIONS, EVENTS, AUDIT, REVIEWS = 10_000, 1_000_000, 1_000_000, 200_000
RUNS_A_MIGRATION = 2
BATCH = 5_000
STATUSES = (("planned", "in_review"), ("completed", "approved"), ("failed", "approved"), ("cancelled", "not_submitted"))
WORDS = ("cart", "login", "portal", "billing", "search", "ticket", "mail", "wiki", "report", "stock", "quote")
ACTIONS = ("migration.create", "migration.edit", "migration.plan", "review.submit", "review.decide", "run.start")
NOW = SystemClock().now()

M = TypeVar("M", bound=models.Model)


def main(scale: float) -> None:
    templates = list(PlanRevision.objects.select_related("migration").order_by("pk"))
    people = list(Person.objects.order_by("pk"))
    count = max(1, round(MIGRATIONS * scale))
    migrations = save("migrations", Migration, migrations_of(templates, count))
    pairs = list(zip(migrations, itertools.cycle(templates), strict=False))
    revisions = save("plans", PlanRevision, (revision_of(m, t) for m, t in pairs))
    roles = {t.migration_id: list(t.migration.target_roles.all()) for t in templates}
    save(
        "roles",
        MigrationTarget,
        (
            MigrationTarget(migration=m, role=r.role, target_id=r.target_id)
            for m, t in pairs
            for r in roles[t.migration_id]
        ),
    )
    runs = save("runs", Run, runs_of(revisions))
    steps_of = {run.pk: [step["id"] for step in run.revision.content["steps"]] for run in runs}
    save("steps", StepRun, (step_run(run, step) for run in runs for step in steps_of[run.pk]))
    each = max(2 * 12 + 4, round(EVENTS * scale / max(len(runs), 1)))
    check_journal(runs[0], each)
    save("events", RunEvent, (event for run in runs for event in journal_of(run, steps_of[run.pk], each)))
    Run.objects.filter(pk__gte=runs[0].pk).update(last_seq=each)
    people_signing = people[:4]
    save("reviews", Signature, (s for r in revisions for s in signatures_of(r, people_signing, REVIEWS // MIGRATIONS)))
    save("notices", Notification, (notice(m, p, n) for n, m in enumerate(migrations) for p in people[:4]))
    save("audit", AuditEntry, audit_of(round(AUDIT * scale), migrations, people))
    last = AuditEntry.objects.latest("seq")
    statements(triggers.drop_statements(connection.vendor))  # the head moves by more than one here
    AuditHead.objects.update(seq=last.seq, hash=last.hash)
    statements(triggers.create_statements(connection.vendor))
    found = check_chain()
    print(f"  the audit chain of {found.entries:,} entries is {'valid' if found.broken is None else found.broken}")
    AuditProof.objects.create(at=NOW, entries=found.entries, head=found.head, ok=found.broken is None)


def statements(lines: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for line in lines:
            cursor.execute(line)


def save(what: str, model: type[M], rows: Iterable[M]) -> list[M]:
    """In batches, in the order given; returns those of tables that others point to."""
    began, kept, count = time.monotonic(), [], 0
    keep = model in (Migration, PlanRevision, Run)
    for batch in batches(rows):
        made = model._default_manager.bulk_create(batch)
        kept += made if keep else []
        count += len(batch)
        print(f"\r  {what}: {count:,}", end="", flush=True)
    print(f" in {time.monotonic() - began:.0f} s")
    return kept


def batches(rows: Iterable[M]) -> Iterator[list[M]]:
    source = iter(rows)
    while batch := list(itertools.islice(source, BATCH)):
        yield batch


def migrations_of(templates: list[PlanRevision], count: int) -> Iterator[Migration]:
    environments = list(Environment.objects.order_by("position"))
    for number in range(count):
        like = templates[number % len(templates)].migration
        status, review = STATUSES[number % len(STATUSES)]
        at = NOW - timedelta(minutes=count - number)
        yield Migration(
            title=f"Move the {WORDS[number % len(WORDS)]} sessions of shard {number}",
            description="One of many.",
            type=like.type,
            handler=like.handler,
            environment=environments[number % len(environments)],
            parameters=like.parameters,
            options=like.options,
            status=status,
            review_state=review,
            risk_level=like.risk_level,
            risk_score=like.risk_score,
            created_by=like.created_by,
            created_at=at,
            changed_at=at,
        )


def revision_of(migration: Migration, like: PlanRevision) -> PlanRevision:
    values = {f.attname: getattr(like, f.attname) for f in PlanRevision._meta.concrete_fields if not f.primary_key}
    digest = hashlib.sha256(f"{migration.pk}".encode()).hexdigest()
    return PlanRevision(**{**values, "migration_id": migration.pk, "number": 1, "digest": digest})


def runs_of(revisions: list[PlanRevision]) -> Iterator[Run]:
    for revision, number in itertools.product(revisions, range(RUNS_A_MIGRATION)):
        at = revision.migration.created_at
        yield Run(
            migration_id=revision.migration_id,
            revision=revision,
            environment_id=revision.migration.environment_id,
            procedure=revision.procedure,
            kind=RunKind.APPLY if number else RunKind.DRY_RUN,
            state=RunState.SUCCEEDED,
            started_by_id=revision.created_by_id,
            created_at=at,
            started_at=at,
            ended_at=at + timedelta(minutes=1),
        )


def step_run(run: Run, step: str) -> StepRun:
    return StepRun(
        run=run, step=step, state=StepState.SUCCEEDED, attempt=1, started_at=run.started_at, ended_at=run.ended_at
    )


def journal_of(run: Run, steps: list[str], count: int) -> Iterator[RunEvent]:
    """A run that went well, with as many log lines in its first step as it takes to get to `count`."""
    around: list[tuple[EventType, str, dict[str, Any]]] = [
        (EventType.RUN_QUEUED, "", {}),
        (EventType.RUN_STARTED, "", {}),
    ]
    lines = count - len(around) - 2 * len(steps) - 1
    for place, step in enumerate(steps):
        around.append((EventType.STEP_STARTED, step, {}))
        if not place:
            text = {"level": "info", "message": "A batch of 100 has moved."}
            around += [(EventType.LOGGED, step, text)] * lines
        around.append((EventType.STEP_SUCCEEDED, step, {"result": {}}))
    around.append((EventType.RUN_SUCCEEDED, "", {"result": {}}))
    begin: datetime = run.created_at
    for seq, (kind, step, payload) in enumerate(around, 1):
        at = begin + timedelta(milliseconds=10 * seq)
        event = Event(seq, at, kind, step, attempt=1 if step else 0, payload=payload)
        yield RunEvent(
            run=run,
            seq=seq,
            at=at,
            type=kind,
            step=step,
            attempt=event.attempt,
            payload=payload,
            level=level_of(event),
        )


def check_journal(run: Run, count: int) -> None:
    """Raises IllegalTransition when the made-up journal is none."""
    plan = Plan.from_content(run.revision.content)
    rows = journal_of(run, [step.id for step in plan.steps], count)
    fold([Event(r.seq, r.at, EventType(r.type), r.step, 0, r.attempt, r.payload) for r in rows], plan)


def signatures_of(revision: PlanRevision, people: list[Person], count: int) -> Iterator[Signature]:
    """A live approval by each of some people, and comments and voided ones before them."""
    at = revision.migration.created_at
    for number in range(count):
        live = number >= count - len(people)
        yield Signature(
            migration_id=revision.migration_id,
            revision_id=revision.pk,
            person=people[number % len(people)],
            decision=Decision.APPROVE if live or number % 2 else Decision.COMMENT,
            digest=revision.digest,
            findings_digest=revision.digest,
            comment="" if number % 2 else "Looked at it once more.",
            at=at,
            voided_at=None if live or number % 2 == 0 else at,
            voided_because="" if live or number % 2 == 0 else "The plan was changed.",
        )


def notice(migration: Migration, person: Person, number: int) -> Notification:
    return Notification(
        person=person,
        kind=NoticeKind.SIGNATURE_WANTED,
        text=f"“{migration.title}” wants your signature",
        migration=migration,
        created_at=migration.created_at,
        done_at=None if number % 100 == 0 else migration.created_at,
    )


def audit_of(count: int, migrations: list[Migration], people: list[Person]) -> Iterator[AuditEntry]:
    """Links after the demo's own. The canonical form is worked out once, its values are put in as text."""
    head = AuditHead.objects.get()
    seq, previous = head.seq, head.hash
    places: dict[Any, str] = dict(Environment.objects.values_list("pk", "name"))
    blank = AuditRecord(
        at=NOW,
        actor="@actor@",
        action="@action@",
        object_type="migration",
        object_id="@object_id@",
        request_id="@request_id@",
        environment="@environment@",
        on_behalf_of="@on_behalf_of@",
        token="@token@",  # noqa: S106
        address="@address@",
        after={"title": "@title@"},
    )
    form = canonical_body(blank, seq=0, previous="@previous@").decode().replace(instant(NOW), "@at@")
    form = form.replace(f'"outcome":"{blank.outcome}"', '"outcome":"@outcome@"')
    for number in range(count):
        about = migrations[number * 7919 % len(migrations)]
        at = NOW - timedelta(seconds=count - number)
        columns = {
            "actor": people[number % len(people)].username,
            "action": ACTIONS[number % len(ACTIONS)],
            "object_id": str(about.pk),
            "outcome": "denied" if number % 200 == 0 else "allowed",
            "request_id": f"request-{number // 3}",
            "environment": places[about.environment_id],
            "on_behalf_of": people[number % 7 % len(people)].username if number % 50 == 0 else "",
            "token": f"swk_{number % 12:08}" if number % 5 == 0 else "",
            "address": f"192.0.2.{number % 200}",
        }
        seq += 1
        text = form.replace('"seq":0', f'"seq":{seq}', 1)
        for name, value in {**columns, "title": about.title, "at": instant(at), "previous": previous}.items():
            text = text.replace(f"@{name}@", value, 1)
        body = text.encode()
        digest = hashlib.sha256(body).hexdigest()
        yield AuditEntry(seq=seq, body=body, previous=previous, hash=digest, at=at, object_type="migration", **columns)
        previous = digest


def instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main(float(sys.argv[1]))
    connection.close()
