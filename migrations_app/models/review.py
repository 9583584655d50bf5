from django.db import models
from django.db.models import Q

from migrations_app.engine.vocabulary import Decision
from migrations_app.models.choices import choices, one_of
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.plan import PlanRevision
from migrations_app.models.policy import PolicyVersion


class Signature(models.Model):
    """The decision of one person on one digest, with what was shown when it was made.

    `attested`: whether the provider of the single sign-on vouched for a second factor in the session that signed.
    """

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="signatures")
    revision = models.ForeignKey(PlanRevision, models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, related_name="signatures")
    decision = models.CharField(max_length=8, choices=choices(Decision))
    digest = models.CharField(max_length=64)
    findings_digest = models.CharField(max_length=64)
    fingerprints = models.JSONField(default=dict)
    comment = models.TextField(blank=True, max_length=10_000)
    attested = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            one_of("decision", Decision, "signature_decision_known"),
            models.UniqueConstraint(
                fields=["migration", "person"],
                condition=Q(voided_at__isnull=True) & ~Q(decision=Decision.COMMENT),
                name="one_live_signature_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.decision}"


class AskedPolicy(models.Model):
    """That a review asks, or asked until `dropped_at`, for what this version of a policy requires."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="asked_policies")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="asked")
    asked_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["migration", "version"], condition=Q(dropped_at__isnull=True), name="asked_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} of {self.migration}"
