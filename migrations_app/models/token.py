from django.db import models

from migrations_app.models.person import Person


class ApiToken(models.Model):
    """A bearer token of a person, for programs. Shown once; only its hash is kept. Tokens never sign.

    `hash` is keyed by the secret key that `key_id` names; '' is one of before hashes were keyed, and plain. `networks`
    (CIDR texts) are where it may come from; none means anywhere.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    key_id = models.CharField(max_length=12, blank=True)
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(models.Model):
    """The answer that a POST with this key got, so that a repeat gets the same one (kept for 24 hours)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
