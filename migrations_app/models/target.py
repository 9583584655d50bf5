from django.db import models

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment


class Target(models.Model):
    """A named live thing in an environment. `config` is non-secret; credentials are a sealed secret apart."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="targets")
    name = models.SlugField(max_length=60)
    kind = models.CharField(max_length=20, choices=choices(TargetKind))
    config = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey("migrations_app.Person", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["environment__position", "name"]
        constraints = [
            one_of("kind", TargetKind, "target_kind_known"),
            models.UniqueConstraint(fields=["environment", "name"], name="target_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.environment}/{self.name}"


class SealedSecret(models.Model):
    """One credential of a target, encrypted under a data key of its own, which the key named by `key_id` wraps.

    `wrapped` is empty in rows of before there were data keys: `sealed` is then under that key itself.
    """

    target = models.ForeignKey(Target, models.CASCADE, related_name="secrets")
    name = models.SlugField(max_length=40)
    key_id = models.CharField(max_length=16)
    sealed = models.BinaryField()
    wrapped = models.BinaryField(default=b"")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "name"], name="secret_name_once")]

    def __str__(self) -> str:
        return f"{self.target}: {self.name}"


class TargetProbe(models.Model):
    """The last look at a target: shown as its health, compared with fingerprints by the start check."""

    target = models.OneToOneField(Target, models.CASCADE, related_name="last_probe")
    at = models.DateTimeField()
    ok = models.BooleanField()
    message = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    fingerprint = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.target} at {self.at:%Y-%m-%d %H:%M}"
