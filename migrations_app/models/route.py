from datetime import datetime

from django.db import models

from migrations_app.engine.ports import BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase, RouteSeries
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment


class Route(models.Model):
    """Who serves the sessions of a route; each publish is a compare-and-set on `epoch` (DESIGN section 7)."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="routes")
    name = models.SlugField(max_length=80, unique=True)
    epoch = models.PositiveBigIntegerField(default=1)
    phase = models.CharField(max_length=16, choices=choices(RoutePhase))
    authority = models.CharField(max_length=1, choices=[("a", "a"), ("b", "b")])
    stores = models.JSONField(default=dict)
    buckets = models.JSONField(default=list, blank=True, help_text="Ranges, while buckets differ.")
    fenced = models.BooleanField(default=False)
    reserved_epoch = models.PositiveBigIntegerField(default=0)
    handoff_deadline = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [one_of("phase", RoutePhase, "route_phase_known")]

    def __str__(self) -> str:
        return f"{self.name} epoch {self.epoch}"

    @property
    def record(self) -> RouteRecord:
        """The row as the engine and the clients know it."""
        ranges = (BucketRange(first, last, RoutePhase(phase), *rest) for first, last, phase, *rest in self.buckets)
        return RouteRecord(
            self.name,
            self.epoch,
            RoutePhase(self.phase),
            self.authority,
            self.stores,
            self.handoff_deadline,
            tuple(ranges),
            self.fenced,
        )


class RouteLease(models.Model):
    """A client process that follows a route, and the newest epoch that it has wholly applied."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="leases")
    client_id = models.CharField(max_length=80)
    boot_id = models.CharField(max_length=80)
    acked_epoch = models.PositiveBigIntegerField()
    build = models.CharField(max_length=80, blank=True)
    counters = models.JSONField(default=dict)
    max_acked_seq = models.PositiveBigIntegerField(default=0)
    renewed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "client_id"], name="route_client_once")]

    def __str__(self) -> str:
        return f"{self.client_id} at epoch {self.acked_epoch}"


class RoutePanel(models.Model):
    """One panel of a route's live state, as its newest writer left it: relay, verifier, gates... For people to see."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="panels")
    name = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "name"], name="route_panel_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.route}"


SPAN_SECONDS = 5
PLACES = 6 * 3600 // SPAN_SECONDS  # six hours


def span_of(at: datetime) -> int:
    """The span of time of a sample, counted from the epoch of the clock."""
    return int(at.timestamp()) // SPAN_SECONDS


class RouteSample(models.Model):
    """The greatest that was reported of a route in one span of time. The places are a ring, so its rows are bounded."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="samples")
    series = models.CharField(max_length=16, choices=choices(RouteSeries))
    place = models.PositiveSmallIntegerField()
    span = models.PositiveBigIntegerField()
    value = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            one_of("series", RouteSeries, "route_series_known"),
            models.UniqueConstraint(fields=["route", "series", "place"], name="route_sample_once"),
        ]

    def __str__(self) -> str:
        return f"{self.series} of {self.route}: {self.value}"
