from enum import StrEnum

from django.db import models
from django.db.models import Q

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    ClaimMode,
    CutoverOrder,
    RunKind,
    RunState,
    Signal,
    StepState,
)
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.plan import PlanRevision
from migrations_app.models.portable_json import PortableJSON
from migrations_app.models.target import Target

TRACEPARENT_LENGTH = 55  # of version 00 of the W3C's Trace Context
DISPATCHING = "dispatcher"  # the job of `Leadership` that only one process does


class Queue(StrEnum):
    """The broker's queues: short work, what must not wait, and what may take long."""

    CONTROL = "control"
    LIVE = "live"
    BULK = "bulk"


_FINAL = sorted(state.value for state in FINAL_RUN_STATES)


class Run(models.Model):
    """One execution of a plan. `state`, `warnings` and `result` are projections of the journal.

    `environment`, `procedure` and `stores` are those of the migration and of the plan, which never change: they stand
    here so that an index leads to the runs of a place, and of a procedure in it, and nobody reads plans to group runs.
    """

    migration = models.ForeignKey(Migration, models.PROTECT, related_name="runs")
    revision = models.ForeignKey(PlanRevision, models.PROTECT, related_name="runs")
    # No index of its own: it would lead to half of all runs, past the index that a query needs.
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="runs", db_index=False)
    procedure = models.CharField(max_length=64, blank=True)
    stores = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="Their kinds, as `redis to postgres`."
    )
    kind = models.CharField(max_length=10, choices=choices(RunKind))
    state = models.CharField(max_length=14, choices=choices(RunState), default=RunState.QUEUED)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="rollbacks")
    last_seq = models.PositiveBigIntegerField(default=0)
    signal = models.CharField(max_length=10, choices=choices(Signal), default=Signal.NONE, blank=True)
    cutover = models.CharField(
        max_length=4, choices=choices(CutoverOrder), default=CutoverOrder.NONE, blank=True, help_text="The last order."
    )
    most_a_second = models.PositiveIntegerField(default=0, help_text="Records a second; 0: as many as it can.")
    wake_at = models.DateTimeField(null=True, blank=True)
    parked_because = models.CharField(max_length=200, blank=True)
    result = PortableJSON(default=dict)
    error = models.JSONField(null=True, blank=True)
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    traceparent = models.CharField(
        max_length=TRACEPARENT_LENGTH, default="", db_default="", blank=True, help_text="Of what began it."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("kind", RunKind, "run_kind_known"),
            one_of("state", RunState, "run_state_known"),
            one_of("signal", Signal, "run_signal_known"),
            one_of("cutover", CutoverOrder, "run_cutover_known"),
            models.UniqueConstraint(
                fields=["migration"], condition=~Q(state__in=_FINAL), name="one_live_run_a_migration"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "wake_at"], name="run_by_wake"),
            models.Index(fields=["state", "ended_at"], name="run_by_end"),
            models.Index(fields=["created_at"], name="run_by_beginning"),
            models.Index(fields=["procedure", "environment", "kind", "-id", "state"], name="run_by_procedure"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.kind}) of {self.migration}"


class RunEvent(models.Model):
    """The append-only journal. `seq` is per run, without gaps; commit order is sequence order."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    type = models.CharField(max_length=24)
    step = models.CharField(max_length=60, blank=True)
    partition = models.PositiveSmallIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    payload = PortableJSON(default=dict)
    format = models.PositiveSmallIntegerField(default=1)
    level = models.CharField(
        max_length=7, choices=choices(EventLevel), default=EventLevel.INFO, help_text="A function of type and payload."
    )

    class Meta:
        ordering = ["run_id", "seq"]
        constraints = [
            one_of("level", EventLevel, "event_level_known"),
            models.UniqueConstraint(fields=["run", "seq"], name="event_seq_once"),
        ]
        # Most events are details: whoever wants the others must not read past these.
        indexes = [models.Index(fields=["run", "level", "seq"], name="event_by_level")]

    def __str__(self) -> str:
        return f"{self.run_id}#{self.seq} {self.type}"


class StepRun(models.Model):
    """Projection of the journal's fold, written in the event's transaction.

    Row 0 is the step as a whole (`done` and `total` over all of it); the leased partitions of a partitioned step
    are rows of their own, counted from 1 here: partition index + 1.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="step_runs")
    step = models.CharField(max_length=60)
    partition = models.PositiveSmallIntegerField(default=0, help_text="0: the whole step; else partition index + 1.")
    state = models.CharField(max_length=12, choices=choices(StepState), default=StepState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=24, blank=True)
    checkpoint = PortableJSON(default=dict)
    checkpoint_seq = models.PositiveBigIntegerField(default=0, help_text="The event that saved it; 0: none.")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("state", StepState, "step_run_state_known"),
            models.UniqueConstraint(fields=["run", "step", "partition"], name="step_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.step}[{self.partition}] {self.state}"


class Lease(models.Model):
    """Who may drive a run or a partition of it now. Judged by the database's clock; `token` only ever grows.

    `due_at` says when it next wants a driver (null: nothing to do until somebody wakes it). A row with a holder
    whose time has run out wants one at once: that driver died.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="leases")
    step = models.CharField(max_length=60, blank=True, help_text="Empty: the run itself; else a step's partition.")
    partition = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    refusals = models.PositiveIntegerField(default=0, help_text="Drivers that were refused because they were outdated.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, default="", db_default="", blank=True)
    takeovers = models.PositiveIntegerField(default=0, db_default=0, help_text="Claims of what a dead driver held.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "step", "partition"], name="lease_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="lease_due"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="lease_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.step or 'run'}/{self.partition} token {self.token}"


class Leadership(models.Model):
    """Which of several equal processes does a job that only one may do (the dispatcher's sweep)."""

    name = models.SlugField(max_length=40, primary_key=True)
    token = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder or 'nobody'}"


class ClaimedTarget(models.Model):
    """A live run's use of a target; the database refuses two runs that would conflict."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="claims")
    target = models.ForeignKey(Target, models.PROTECT, related_name="claims")
    mode = models.CharField(max_length=9, choices=choices(ClaimMode))

    class Meta:
        constraints = [
            one_of("mode", ClaimMode, "claim_mode_known"),
            models.UniqueConstraint(fields=["run", "target"], name="claim_once"),
            models.UniqueConstraint(
                fields=["target"], condition=Q(mode=ClaimMode.EXCLUSIVE), name="one_exclusive_claim_a_target"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} claims {self.target} ({self.mode})"


class OutboxRow(models.Model):
    """Work to hand to the broker, committed with its cause; the dispatcher sends it until a worker claims it."""

    task = models.CharField(max_length=80)
    queue = models.CharField(max_length=20)
    arguments = models.JSONField(default=list)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_count = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, default="", db_default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["claimed_at", "sent_at"], name="outbox_open"),
        ]

    def __str__(self) -> str:
        return f"{self.task}{tuple(self.arguments)}"
