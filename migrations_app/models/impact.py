from django.db import models

from migrations_app.models.run import Run

KEPT_READINGS = 240  # of a target while its run goes on; then every second one goes, and half as many come
EVERY_SECONDS = 5.0


class ImpactWatch(models.Model):
    """When the targets of a run are read next, and how far apart. One worker takes each turn, by compare-and-set."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="impact_watch")
    due_at = models.DateTimeField()
    every_seconds = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.run} is read every {self.every_seconds} s"


class ImpactSample(models.Model):
    """One reading of one target, or why there is none (`gap`). Counters as they stood; null: not told by this kind."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="impact_samples", db_index=False)
    role = models.CharField(max_length=60)
    at = models.DateTimeField()
    latency_us = models.PositiveBigIntegerField(null=True, blank=True)
    operations = models.PositiveBigIntegerField(null=True, blank=True)
    memory_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    connections = models.PositiveBigIntegerField(null=True, blank=True)
    processes = models.PositiveBigIntegerField(null=True, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    gap = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["run", "role", "at"], name="impact_of_run")]

    def __str__(self) -> str:
        return f"{self.role} of {self.run} at {self.at}"
