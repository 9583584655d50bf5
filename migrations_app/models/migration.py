from django.db import models
from django.db.models import F, Q

from migrations_app.engine.vocabulary import MigrationStatus, MigrationType, ReviewState, RiskLevel
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.person import Person
from migrations_app.models.target import Target

TITLE_LENGTH = 200
TICKET_LENGTH = 300


class Migration(models.Model):
    """The aggregate a user talks about. `status` and `review_state` are projections, written with their cause."""

    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.TextField(blank=True, max_length=10_000)
    type = models.CharField(max_length=24, choices=choices(MigrationType))
    handler = models.CharField(max_length=60)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="migrations")
    parameters = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=16, choices=choices(MigrationStatus), default=MigrationStatus.DRAFT)
    review_state = models.CharField(max_length=16, choices=choices(ReviewState), default=ReviewState.NOT_SUBMITTED)
    risk_level = models.CharField(max_length=8, choices=choices(RiskLevel), blank=True, help_text="Of the newest plan.")
    risk_score = models.PositiveSmallIntegerField(default=0)
    needs_person = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, help_text="Grows with each edit; ETag of the API.")
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: its author."
    )
    ticket = models.CharField(max_length=TICKET_LENGTH, blank=True)
    keeping_version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Grows with each edit of ticket and owner; ETag of what is kept beside it."
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    review_expires_at = models.DateTimeField(null=True, blank=True)
    promoted_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="promotions")
    promoted_run = models.ForeignKey(
        "migrations_app.Run", models.PROTECT, null=True, blank=True, related_name="+", help_text="What proved it there."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("type", MigrationType, "migration_type_known"),
            one_of("status", MigrationStatus, "migration_status_known"),
            one_of("review_state", ReviewState, "migration_review_known"),
            models.CheckConstraint(
                condition=Q(promoted_from=None, promoted_run=None)
                | Q(promoted_from__isnull=False, promoted_run__isnull=False),
                name="promotion_names_its_run",
            ),
            models.CheckConstraint(
                condition=Q(promoted_from=None) | ~Q(promoted_from=F("id")), name="promoted_from_another"
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "status"], name="migration_by_status"),
            models.Index(fields=["changed_at"], name="migration_by_change"),
        ]

    def __str__(self) -> str:
        return self.title


class MigrationTarget(models.Model):
    migration = models.ForeignKey(Migration, models.CASCADE, related_name="target_roles")
    role = models.CharField(max_length=40)
    target = models.ForeignKey(Target, models.PROTECT, related_name="migration_roles")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["migration", "role"], name="migration_role_once")]

    def __str__(self) -> str:
        return f"{self.migration}: {self.role}"


class MigrationEditor(models.Model):
    """Everybody who ever edited a revision of this migration: none of them can sign it."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="editors")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(help_text="Number of the revision that this person's edit led to.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["migration", "person", "revision"], name="editor_once")]

    def __str__(self) -> str:
        return f"{self.person} edited revision {self.revision}"
