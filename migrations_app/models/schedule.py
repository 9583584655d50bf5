from django.db import models
from django.db.models import Q

from migrations_app.engine.recurrence import MOST_TEXT
from migrations_app.engine.vocabulary import (
    RunKind,
    ScheduledStartState,
    ScheduleState,
    ScheduleTiming,
    WhenWindowCloses,
)
from migrations_app.models.choices import choices, one_of
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.run import Run
from migrations_app.models.window import ZONE_LENGTH

SAID_LENGTH = 1000


class Schedule(models.Model):
    """When a migration is run without anybody there. `due_at` is the next time, in any of the three timings.

    `digest` is the plan that it is about: another one does not start. A recurring one runs the newest plan dry.
    """

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="schedules")
    kind = models.CharField(max_length=10, choices=choices(RunKind))
    timing = models.CharField(max_length=12, choices=choices(ScheduleTiming))
    digest = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField()
    grace_minutes = models.PositiveIntegerField(help_text="Later than this it does not start any more.")
    window_closes = models.CharField(max_length=10, choices=choices(WhenWindowCloses), default=WhenWindowCloses.FINISH)
    zone = models.CharField(max_length=ZONE_LENGTH, blank=True)
    first_date = models.DateField(null=True, blank=True)
    first_time = models.TimeField(null=True, blank=True)
    recurrence = models.CharField(max_length=MOST_TEXT, blank=True)
    state = models.CharField(max_length=10, choices=choices(ScheduleState), default=ScheduleState.WAITING)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=RunKind.DRY_RUN)
                | Q(kind=RunKind.APPLY) & ~Q(digest="") & ~Q(timing=ScheduleTiming.RECURRING),
                name="schedule_kind_fits",
            ),
            one_of("timing", ScheduleTiming, "schedule_timing_known"),
            one_of("state", ScheduleState, "schedule_state_known"),
            one_of("window_closes", WhenWindowCloses, "schedule_window_closes_known"),
            models.CheckConstraint(
                condition=Q(timing=ScheduleTiming.RECURRING, first_date__isnull=False, first_time__isnull=False)
                & ~Q(recurrence="")
                & ~Q(zone="")
                | ~Q(timing=ScheduleTiming.RECURRING) & Q(recurrence=""),
                name="schedule_recurs_by_a_rule",
            ),
            models.UniqueConstraint(
                fields=["migration", "kind"],
                condition=Q(state=ScheduleState.WAITING),
                name="one_waiting_schedule_a_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=ScheduleState.WAITING), name="schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.migration} at {self.due_at:%Y-%m-%d %H:%M}"


class ScheduledStart(models.Model):
    """One time at which a schedule was due: whoever holds `claimed_at` may start its run, and only one run is.

    `closes_at` is when the window closes that it was started in; without windows it stays, and closes nothing. `said`
    is why it has not started, or what happened when the window closed. `waits_for_window`: it was paused because its
    window closed, and goes on in the next one. `in_queue`: when it was looked at last, it waited for its targets and
    for nothing else.
    """

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="starts")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=choices(ScheduledStartState), default=ScheduledStartState.CLAIMED)
    claimed_at = models.DateTimeField()
    run = models.OneToOneField(Run, models.CASCADE, null=True, blank=True, related_name="scheduled_start")
    said = models.CharField(max_length=SAID_LENGTH, blank=True)
    in_queue = models.BooleanField(default=False)
    closes_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the closing was dealt with.")
    waits_for_window = models.BooleanField(default=False)
    reported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        constraints = [
            one_of("state", ScheduledStartState, "scheduled_start_state_known"),
            models.UniqueConstraint(fields=["schedule", "due_at"], name="scheduled_start_once"),
            models.CheckConstraint(
                condition=Q(state=ScheduledStartState.STARTED, run__isnull=False)
                | ~Q(state=ScheduledStartState.STARTED) & Q(run__isnull=True),
                name="scheduled_start_has_its_run",
            ),
        ]
        indexes = [
            models.Index(fields=["reported_at", "state"], name="scheduled_start_open"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} due {self.due_at:%Y-%m-%d %H:%M}: {self.state}"


class Attendance(models.Model):
    """When somebody attended to the schedules last; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
