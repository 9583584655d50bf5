from django.db import models

from migrations_app.models.person import Person
from migrations_app.models.written_file import WrittenFile


class AuditReading(models.Model):
    """That somebody read the trail is written to the trail once in a while; this is when it was last written.

    `what` is a digest of who reads, through which token, under which filter (`services/audit_reading.py`).
    """

    what = models.CharField(max_length=64, primary_key=True)
    recorded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.what[:12]} at {self.recorded_at}"


class AuditExport(WrittenFile):
    """A file of the trail that a worker writes, for the one person who asked for it.

    `filters` are those of the page as text; `environments` the names of those that the person could audit when asking,
    null for all of them. `entries` counts those written so far. The file lies in the artifact store under `key`.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="audit_exports")
    format = models.CharField(max_length=8)
    filters = models.JSONField(default=dict)
    environments = models.JSONField(null=True)
    entries = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "writing", "ready", "failed", "removed"]),
                name="audit_export_state",
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.person}: {self.state}"

    @property
    def folder(self) -> str:
        """Of all attempts."""
        return f"audit-exports/{self.pk}"
