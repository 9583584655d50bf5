from django.db import models
from django.db.models import F, Q

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.run import Run


class BreakGlass(models.Model):
    """A run that a person started although conditions were unmet. Open until somebody else closes it with a comment."""

    migration = models.ForeignKey(Migration, models.PROTECT, related_name="break_glasses")
    run = models.OneToOneField(Run, models.PROTECT, related_name="break_glass")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.TextField(max_length=2_000)
    at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True, max_length=10_000)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "break glasses"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="break_glass_has_a_reason"),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True, closed_at__isnull=True, comment="")
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(comment=""),
                name="break_glass_closed_with_a_comment",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closed_by=F("person")), name="break_glass_closed_by_another"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(closed_at__isnull=True), name="break_glass_open")]

    def __str__(self) -> str:
        return f"break-glass of run {self.run_id}"


class OverriddenCondition(models.Model):
    """One of the conditions that were unmet, as it was said to the person who overrode it."""

    break_glass = models.ForeignKey(BreakGlass, models.CASCADE, related_name="overridden")
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=500)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.message
