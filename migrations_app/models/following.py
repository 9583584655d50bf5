"""Who hears of a migration beside those who have something to do: its owner and its watchers."""

from django.db import models
from django.db.models import Q

from migrations_app.models.migration import Migration
from migrations_app.models.person import Person, RoleGrant


class MigrationWatcher(models.Model):
    """Personal, like a saved filter: who watches is no part of the audit trail."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="watchers")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["migration", "person"], name="watcher_once")]

    def __str__(self) -> str:
        return f"{self.person} watches {self.migration}"


def followers(migration: Migration) -> list[Person]:
    """Owner and watchers who may still see it, by user name."""
    here = RoleGrant.objects.filter(Q(environment=None) | Q(environment=migration.environment_id))
    sees = Q(pk__in=here.values("person")) | Q(groups__in=here.values("group")) | Q(is_superuser=True)
    follows = Q(pk=migration.owner_id) | Q(pk__in=migration.watchers.values("person"))
    return list(Person.objects.filter(sees, follows, is_active=True).distinct().order_by("username"))
