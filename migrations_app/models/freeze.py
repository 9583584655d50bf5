from django.db import models
from django.db.models import F, Q

from migrations_app.models.environment import Environment
from migrations_app.models.person import Person


class Freeze(models.Model):
    """No run starts while it lasts, but rollbacks always do. No environment: it holds for all of them.

    One that is lifted ends at `lifted_at`.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, null=True, blank=True, related_name="freezes")
    reason = models.CharField(max_length=300)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["begins_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="freeze_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(reason=""), name="freeze_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="freeze_lifted_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="freeze_by_end")]

    def __str__(self) -> str:
        return f"{self.environment or 'every environment'}: {self.reason}"
