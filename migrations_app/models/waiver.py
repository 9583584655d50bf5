from django.db import models
from django.db.models import F, Q

from migrations_app.engine.risk.waivers import LONGEST
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person

REASON_LENGTH = 1000


class RiskWaiver(models.Model):
    """One person answers for one finding of one plan until a moment. Rows are kept; ending by time leaves no trace.

    `evidence` and `weight` are what was seen; `weight` is that of all findings of the rule together.
    """

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="waivers")
    digest = models.CharField(max_length=64)
    rule = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    evidence = models.TextField()
    weight = models.PositiveSmallIntegerField()
    reason = models.TextField(max_length=REASON_LENGTH)
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Withdrawn, or replaced by another one.")
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["migration", "digest", "rule"],
                condition=Q(ended_at__isnull=True),
                name="one_open_waiver_a_finding",
            ),
            models.CheckConstraint(condition=Q(weight__gt=0), name="waiver_weighs"),
            models.CheckConstraint(
                condition=Q(until__gt=F("given_at")) & Q(until__lte=F("given_at") + LONGEST), name="waiver_length_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.migration}: {self.rule} waived by {self.given_by}"
