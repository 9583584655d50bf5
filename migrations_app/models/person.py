"""People. Groups carry membership only; what somebody may do comes from role grants."""

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models.actor import NOBODYS_NAMES
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment


class Person(AbstractUser):
    guide_hidden_at = models.DateTimeField(
        null=True, blank=True, help_text="When they put the guide to a first migration away."
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def clean(self) -> None:
        super().clean()
        if self.username.lower() in NOBODYS_NAMES:
            raise ValidationError({"username": "The audit trail calls nobody of the people by this name."})


def _once() -> Iterator[models.UniqueConstraint]:
    """The same grant cannot be made twice. Nulls differ from each other in SQLite, so each case has its own index."""
    for holder in ("person", "group"):
        held = Q(**{f"{holder}__isnull": False})
        yield models.UniqueConstraint(
            fields=[holder, "role", "environment"],
            condition=held & Q(environment__isnull=False),
            name=f"grant_once_to_{holder}_here",
        )
        yield models.UniqueConstraint(
            fields=[holder, "role"],
            condition=held & Q(environment__isnull=True),
            name=f"grant_once_to_{holder}_anywhere",
        )


class RoleGrant(models.Model):
    """(person or group, role, environment or all). What somebody granted to themselves signs nothing for a day."""

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
            *_once(),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.group}: {self.role} in {self.environment or 'every environment'}"


class GivenAccess(models.Model):
    """That somebody else put an account into a group, or (`group` None) set its way in: made it, gave it a password or
    an address, switched it on, made it a superuser. Where they have an interest, it decides nothing there for a day."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="given_access")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["given_at"], name="given_access_by_time")]

    def __str__(self) -> str:
        return f"{self.person}: {self.group or 'the way in'} by {self.given_by}"
