from django.db import models


class AuditEntry(models.Model):
    """One link of the hash chain. `body` is the stored canonical bytes; the other columns are for searching.

    Append-only by database triggers (DESIGN section 10). `hash` = SHA-256 of `body`, which holds `previous`.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    body = models.BinaryField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150, db_index=True)
    action = models.CharField(max_length=60, db_index=True)
    outcome = models.CharField(max_length=8)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    environment = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=40, blank=True, db_index=True)

    class Meta:
        ordering = ["-seq"]
        verbose_name_plural = "audit entries"
        # Each ends with `seq`: the trail is read newest first under any of its filters, without sorting.
        indexes = [
            models.Index(fields=["object_type", "object_id", "seq"], name="audit_by_object"),
            models.Index(fields=["object_type", "seq"], name="audit_by_object_type"),
            models.Index(fields=["actor", "seq"], name="audit_by_actor"),
            models.Index(fields=["action", "seq"], name="audit_by_action"),
            models.Index(fields=["environment", "seq"], name="audit_by_environment"),
            models.Index(fields=["outcome", "seq"], name="audit_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.actor} {self.action}"


class AuditHead(models.Model):
    """The chain's newest link; the one row whose lock orders all audit writes. Locked last."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_audit_head")]

    def __str__(self) -> str:
        return f"head {self.seq}"


class AuditProof(models.Model):
    """The outcome of the last verifications of the chain."""

    at = models.DateTimeField()
    entries = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64)
    ok = models.BooleanField()
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.entries} entries, {'intact' if self.ok else 'broken'}"
