from django.db import models
from django.db.models import Q

from migrations_app.engine.recurrence import MOST_TEXT
from migrations_app.engine.windows import LEAST_MINUTES, MOST_MINUTES
from migrations_app.models.environment import Environment
from migrations_app.models.person import Person

ZONE_LENGTH = 60


class MaintenanceWindow(models.Model):
    """When runs may start in an environment. `first_date` and `first_time` are local time of `zone`."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="windows")
    name = models.CharField(max_length=60)
    zone = models.CharField(max_length=ZONE_LENGTH, help_text="A name of the IANA time zone database.")
    first_date = models.DateField()
    first_time = models.TimeField()
    recurrence = models.CharField(max_length=MOST_TEXT, blank=True, help_text="RFC 5545; empty: that one time.")
    minutes = models.PositiveIntegerField(help_text="Elapsed time that it stays open.")
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["environment__position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "name"], condition=Q(archived_at__isnull=True), name="window_name_once"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=LEAST_MINUTES, minutes__lte=MOST_MINUTES), name="window_length_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.name}"
