from django.db import models

from migrations_app.engine.vocabulary import RiskLevel
from migrations_app.models.choices import choices, one_of
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.portable_json import PortableJSON


class PlanRevision(models.Model):
    """Immutable: the signed content, and beside it what the digest does not cover."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    source_state = PortableJSON(default=dict)
    target_state = PortableJSON(default=dict)
    procedure = models.CharField(
        max_length=64, blank=True, help_text="Digest of what it does, without where; empty for plans made before it."
    )
    fingerprints = models.JSONField(default=dict)
    sizes = models.JSONField(default=dict)
    findings = PortableJSON(default=list)
    findings_digest = models.CharField(max_length=64)
    warnings = PortableJSON(default=list)
    risk_score = models.PositiveSmallIntegerField()
    risk_level = models.CharField(max_length=8, choices=choices(RiskLevel))
    approval_required = models.BooleanField(default=True, help_text="Of the content, like the next two: for policies.")
    zero_downtime = models.BooleanField(default=False)
    irreversible = models.BooleanField(default=False, help_text="Some step cannot be undone.")
    estimated_seconds = models.PositiveIntegerField()
    estimates = models.JSONField(null=True, blank=True, help_text="What the estimate rests on. Null: not kept.")
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            one_of("risk_level", RiskLevel, "revision_risk_known"),
            models.UniqueConstraint(fields=["migration", "number"], name="revision_number_once"),
        ]
        indexes = [
            models.Index(fields=["digest"], name="revision_by_digest"),
            models.Index(fields=["procedure"], condition=~models.Q(procedure=""), name="revision_by_procedure"),
        ]

    def __str__(self) -> str:
        return f"{self.migration} revision {self.number}"
