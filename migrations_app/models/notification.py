from django.db import models

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.run import Run


class Notification(models.Model):
    """Something one person should see or do. `done_at` is set when it no longer needs them."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    migration = models.ForeignKey(Migration, models.CASCADE, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "done_at"], name="notification_open")]

    def __str__(self) -> str:
        return self.text
