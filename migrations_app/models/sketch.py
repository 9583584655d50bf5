from django.db import models

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person


class Sketch(models.Model):
    """What somebody is typing into a migration, a new one or one that is there: private, unchecked, in no audit trail.

    `values` holds the form's texts by input name, in the shape of `services/sketches.py` (`format`). `writer` is the
    open page that saved last; a page that is neither the last writer nor at `version` would overwrite another one.
    `written`: of one that was begun from a document, what that says, defaults that it names included.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="sketches")
    begun_from = models.CharField(max_length=200, blank=True)
    values = models.JSONField(default=dict)
    format = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    writer = models.CharField(max_length=32, blank=True)
    written = models.JSONField(null=True, blank=True)
    clone_of = models.ForeignKey(Migration, models.SET_NULL, null=True, blank=True, related_name="+")
    edits = models.ForeignKey(
        Migration, models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: it will be a new one."
    )
    of_version = models.PositiveIntegerField(default=0, help_text="Of the migration it edits, when that began.")
    became = models.ForeignKey(Migration, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True, blank=True, help_text="Kept for a day, so that it can be undone.")

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["became"],
                condition=models.Q(became__isnull=False, edits__isnull=True),
                name="sketch_becomes_one_migration",
            )
        ]

    def __str__(self) -> str:
        return f"sketch {self.pk} of {self.person}"
