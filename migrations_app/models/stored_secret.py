from django.db import models

from migrations_app.models.environment import Environment
from migrations_app.models.migration import Migration


class StoredSecret(models.Model):
    """A secret of an environment that plans refer to by its name; the value goes to the actions of a run alone.

    Sealed as the credentials of targets are. `version` grows with each value that is entered. An archived one keeps its
    name and its value, which the way back of a finished run may need.
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="stored_secrets")
    name = models.SlugField(max_length=60)
    key_id = models.CharField(max_length=16)
    sealed = models.BinaryField()
    wrapped = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey("migrations_app.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["environment__position", "name"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="stored_secret_name_once")]

    def __str__(self) -> str:
        return f"{self.environment}/{self.name}"


class MigrationSecret(models.Model):
    """Which stored secret a parameter of a migration names, as it is authored now."""

    migration = models.ForeignKey(Migration, models.CASCADE, related_name="named_secrets")
    parameter = models.CharField(max_length=60)
    secret = models.ForeignKey(StoredSecret, models.PROTECT, related_name="uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["migration", "parameter"], name="migration_secret_once")]

    def __str__(self) -> str:
        return f"{self.migration}: {self.parameter}"
