from django.db import models

from migrations_app.models.environment import Environment


class StoredSecret(models.Model):
    """A secret of an environment that plans refer to by its name; the value goes to the actions of a run alone.

    Sealed as the credentials of targets are. `version` grows with each value that is entered.
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

    class Meta:
        ordering = ["environment__position", "name"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="stored_secret_name_once")]

    def __str__(self) -> str:
        return f"{self.environment}/{self.name}"
