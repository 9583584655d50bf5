from enum import StrEnum

from django.db import models

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.policy import Policy
from migrations_app.models.run import Run


class NoticeKind(StrEnum):
    """What wants something of the person; every other kind is news, and done once it is read."""

    SIGNATURE_WANTED = "signature_wanted"
    CONFIRMATION_WANTED = "confirmation_wanted"
    REVIEW_APPROVED = "review_approved"
    REVIEW_EXPIRES_SOON = "review_expires_soon"
    BREAK_GLASS_REVIEW = "break_glass_review"
    RUN_FAILED = "run_failed"
    RUN_STUCK = "run_stuck"
    POLICY_PROPOSED = "policy_proposed"


class Notification(models.Model):
    """Something one person should see or do.

    `done_at` is set when it no longer needs them; `selectors/inbox.py` also looks at what it is about.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    migration = models.ForeignKey(Migration, models.CASCADE, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="+")
    policy = models.ForeignKey(Policy, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "done_at"], name="notification_open")]

    def __str__(self) -> str:
        return self.text
