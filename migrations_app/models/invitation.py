from django.db import models
from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.person import Person


class Invitation(models.Model):
    """One account with one role, for whoever brings the link. `hash` is keyed; the link itself is shown once.

    `environment` None: the role is for every environment.
    """

    email = models.EmailField()
    role = models.CharField(max_length=16, choices=choices(Role))
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="+")
    hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.OneToOneField(Person, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("role", Role, "invitation_role_known"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True), name="invitation_used_or_revoked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.role} in {self.environment or 'every environment'}"
