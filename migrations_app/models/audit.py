from django.db import models


class AuditEntry(models.Model):
    """One link of the hash chain. `body` is the stored canonical bytes; the other columns are for searching.

    Append-only by database triggers (DESIGN section 10). `hash` = SHA-256 of `body`, which holds `previous`.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    body = models.BinaryField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=150, blank=True)
    token = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    environment = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

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
            models.Index(fields=["on_behalf_of", "seq"], name="audit_by_on_behalf_of"),
            models.Index(fields=["token", "seq"], name="audit_by_token"),
            models.Index(fields=["address", "seq"], name="audit_by_address"),
            models.Index(fields=["request_id", "seq"], name="audit_by_request"),
            models.Index(fields=["at", "seq"], name="audit_by_time"),
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
    damage = models.CharField(max_length=12, blank=True, help_text="Its kind; empty for an intact chain.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.entries} entries, {'intact' if self.ok else 'broken'}"


class AuditWatch(models.Model):
    """How far new entries have been looked at, without anybody asking; one row. `head` is the hash of the last."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    through = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"through entry {self.through}, {self.at:%Y-%m-%d %H:%M:%S}"


class AuditCheckpoint(models.Model):
    """A sealed segment of the chain, signed. `body` is the stored canonical text; the other columns are for searching.

    Append-only and numbered without a gap, by database triggers.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField(unique=True)
    body = models.TextField()
    signature = models.CharField(max_length=128)
    public_key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="audit_checkpoint_ordered")
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.number}: entries {self.first} to {self.last}"


class AuditPlace(models.Model):
    """Where checkpoints are written off this machine, and how far that has come. `name` holds no credentials."""

    name = models.CharField(max_length=500, unique=True)
    written_through = models.PositiveBigIntegerField(default=0)
    written_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: through checkpoint {self.written_through}"


class AuditRetention(models.Model):
    """Up to which entry the trail was removed; the one row that lets a delete pass."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    removed_through = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_audit_retention")]

    def __str__(self) -> str:
        return f"removed through {self.removed_through}"
