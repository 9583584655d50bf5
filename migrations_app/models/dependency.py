from django.db import models
from django.db.models import F, Q

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person


class MigrationDependency(models.Model):
    """The migration runs after the predecessor: it does not start before that one has completed."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="dependencies")
    predecessor = models.ForeignKey(Migration, models.PROTECT, related_name="dependents")
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["predecessor_id"]
        constraints = [
            models.UniqueConstraint(fields=["migration", "predecessor"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(migration=F("predecessor")), name="dependency_on_another"),
        ]

    def __str__(self) -> str:
        return f"{self.migration} after {self.predecessor}"
