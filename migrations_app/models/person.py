"""People. Groups carry membership only; what somebody may do comes from role grants."""

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment


class Person(AbstractUser):
    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class RoleGrant(models.Model):
    """(person or group, role, environment or all). Grants are made by somebody else than the one who receives."""

    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    role = models.CharField(max_length=16, choices=choices(Role))
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="grants")
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("role", Role, "grant_role_known"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, group__isnull=True) | Q(person__isnull=True, group__isnull=False),
                name="grant_to_person_or_group",
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | Q(person__isnull=True) | ~Q(granted_by=models.F("person")),
                name="grant_not_by_receiver",
            ),
            models.UniqueConstraint(
                fields=["person", "group", "role", "environment"], nulls_distinct=False, name="grant_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.group}: {self.role} in {self.environment or 'every environment'}"
