"""Leases with fencing tokens, per run and per partition of a step (DESIGN section 3, PROTOCOL 5.5).

Every claim raises the token; whoever holds a smaller one is refused by the journal and by the stores. Time is the
database's. A lease row is also the schedule of its scope: `due_at` says when it next wants a driver, and a row
whose holder's time ran out wants one at once.

Lock order everywhere: migration, run, leases in the order of their scopes, audit head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import BACKGROUND, WorkerToken, partition_scope, run_scope
from migrations_app.models import Leadership, Lease
from migrations_app.runtime.clock import DatabaseNow


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """What is driven: a run (`step` empty), or partition `partition` of its step."""

    run_id: int
    step: str = ""
    partition: int = 0

    def __str__(self) -> str:
        return run_scope(self.run_id) if self.is_run else partition_scope(self.run_id, self.step, self.partition)

    @property
    def is_run(self) -> bool:
        return not self.step

    @property
    def background(self) -> str:
        """The name of the background driver whose scope this is; empty for a run or a partition."""
        return self.step[len(BACKGROUND) :] if self.step.startswith(BACKGROUND) else ""

    @classmethod
    def of(cls, lease: Lease) -> "Scope":
        return cls(lease.run_id, lease.step, lease.partition)

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Inverse of `str()`. Raises ValueError."""
        kind, run_id, *rest = text.split(":")
        if kind != "run" or len(rest) not in (0, 2):
            raise ValueError(f"not a lease scope: {text!r}")
        return cls(int(run_id), rest[0], int(rest[1])) if rest else cls(int(run_id))


def _row(scope: Scope) -> QuerySet[Lease]:
    return Lease.objects.filter(run_id=scope.run_id, step=scope.step, partition=scope.partition)


def _held(worker: WorkerToken) -> QuerySet[Lease]:
    return _row(Scope.parse(worker.scope)).filter(token=worker.token).exclude(holder="")


def _wanting() -> Q:
    """Due and free, or held by a driver whose time ran out."""
    now = DatabaseNow()
    return Q(holder="", due_at__lte=now) | (~Q(holder="") & Q(expires_at__lte=now))


def schedule(scopes: Sequence[Scope]) -> None:
    """These want a driver now. A driver at work goes on, and another drive follows it.

    Works in the caller's transaction; also for a run that has never had a lease.
    """
    Lease.objects.bulk_create(
        [Lease(run_id=s.run_id, step=s.step, partition=s.partition) for s in sorted(scopes)], ignore_conflicts=True
    )
    for scope in sorted(scopes):
        _row(scope).update(due_at=DatabaseNow())


def claim(scope: Scope, holder: str, seconds: float, traceparent: str = "") -> WorkerToken | None:
    """Take the lease when it wants a driver; None when somebody else has it or there is nothing to do.

    `traceparent`: what this drive is beneath, kept for whoever has to tell of it if it dies.
    """
    with transaction.atomic():
        taken = (
            _row(scope)
            .filter(_wanting())
            .update(
                token=F("token") + 1,
                holder=holder,
                expires_at=DatabaseNow(seconds),
                due_at=None,
                claimed_at=DatabaseNow(),
                traceparent=traceparent,
                takeovers=F("takeovers") + Case(When(holder="", then=0), default=1),
            )
        )
        if not taken:
            return None
        return WorkerToken(str(scope), _row(scope).values_list("token", flat=True).get())


def renew(worker: WorkerToken, seconds: float) -> bool:
    """Prolong; False when the lease is somebody else's now."""
    return _held(worker).update(expires_at=DatabaseNow(seconds)) == 1


def release(worker: WorkerToken, *, wake_at: datetime | None) -> datetime | None:
    """Give the lease back and say when it is next due (None: when somebody wakes it).

    A wake that arrived while the driver was at work is kept. Returns the due time that results. Raises LeaseLost.
    """
    with transaction.atomic():
        wanted = F("due_at") if wake_at is None else Least(Coalesce("due_at", Value(wake_at)), Value(wake_at))
        if _held(worker).update(holder="", expires_at=None, due_at=wanted) != 1:
            raise LeaseLost()
        return _row(Scope.parse(worker.scope)).values_list("due_at", flat=True).get()


_HELD = (
    f"SELECT 1 FROM {Lease._meta.db_table} "  # noqa: S608
    "WHERE run_id = %s AND step = %s AND \"partition\" = %s AND token = %s AND holder <> ''"
)


def require_held(worker: WorkerToken) -> None:
    """Lock the lease for the rest of the caller's transaction. Raises LeaseLost when the token is outdated.

    The lock keeps a claim from slipping between this check and the commit.
    """
    scope = Scope.parse(worker.scope)
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""  # SQLite: the transaction is the lock
    with connection.cursor() as cursor:
        cursor.execute(_HELD + lock, [scope.run_id, scope.step, scope.partition, worker.token])
        if cursor.fetchone() is None:
            raise LeaseLost()


def revoke_partitions(run_id: int) -> tuple[WorkerToken, ...]:
    """Outdate every partition's driver of a run, in the caller's transaction; none is due any more.

    Background drivers go on: a rollback needs its relay, and they end by themselves.

    Returns the new least tokens, which the stores' fences are raised to before an undo writes anything.
    """
    rows = Lease.objects.filter(run_id=run_id).exclude(step="").exclude(step__startswith=BACKGROUND)
    rows.update(token=F("token") + 1, holder="", expires_at=None, due_at=None)
    return tuple(WorkerToken(str(Scope.of(row)), row.token) for row in rows.order_by("step", "partition"))


def count_refusal(scope: Scope) -> None:
    """A driver of this scope found that another one has taken over; what it still wanted to write was refused."""
    _row(scope).update(refusals=F("refusals") + 1)


def wanting(limit: int = 100) -> list[Lease]:
    """Leases that want a driver, the ones that waited longest first."""
    since = Case(When(holder="", then=F("due_at")), default=F("expires_at"))
    return list(Lease.objects.filter(_wanting()).order_by(since, "pk")[:limit])


def abandoned(limit: int, *, overdue_seconds: float) -> list[Lease]:
    """Leases whose driver died, and due ones that nobody took for `overdue_seconds`: the broker must be away."""
    dead = ~Q(holder="") & Q(expires_at__lte=DatabaseNow())
    forgotten = Q(holder="", due_at__lte=DatabaseNow(-overdue_seconds))
    return list(Lease.objects.filter(dead | forgotten).order_by("pk")[:limit])


def lead(name: str, holder: str, seconds: float) -> bool:
    """Become or stay the one process that does the named job. Judged by the database's clock, like any lease."""
    Leadership.objects.bulk_create([Leadership(name=name)], ignore_conflicts=True)
    mine = Leadership.objects.filter(name=name, holder=holder, expires_at__gt=DatabaseNow())
    if mine.update(expires_at=DatabaseNow(seconds)) == 1:
        return True
    free = Leadership.objects.filter(Q(holder="") | Q(expires_at__lte=DatabaseNow()), name=name)
    return free.update(token=F("token") + 1, holder=holder, expires_at=DatabaseNow(seconds)) == 1


def is_led(name: str) -> bool:
    """Whether a process that lives does the named job."""
    return Leadership.objects.filter(name=name, expires_at__gt=DatabaseNow()).exclude(holder="").exists()


def resign(name: str, holder: str) -> None:
    """Stop leading, so that another process may follow at once."""
    Leadership.objects.filter(name=name, holder=holder).update(holder="", expires_at=None)
