from django.db import models
from django.db.models import Q

from migrations_app.engine.webhooks import DeliveryState, WebhookState
from migrations_app.models.alert import Alert, AlertChannel
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.person import Person
from migrations_app.models.run import Run


class OutgoingSecret(models.Model):
    """What a receiver of outgoing calls is reached with, encrypted at rest: addresses and signing secrets.

    `owner` is the row it belongs to, such as `webhook:5`; the same text is authenticated with what is sealed.
    `wrapped` is the key of its envelope, empty where `key_id` names the key itself.
    """

    owner = models.CharField(max_length=40)
    name = models.SlugField(max_length=40)
    key_id = models.CharField(max_length=16)
    sealed = models.BinaryField()
    wrapped = models.BinaryField(default=b"")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="outgoing_secret_once")]

    def __str__(self) -> str:
        return f"{self.owner}: {self.name}"


class Webhook(models.Model):
    """A subscription: which events of which environment (None: all) are sent where.

    `address` is what may be shown of it; the whole one and the signing secret are sealed. `failures` counts failed
    calls in a row, `failing_since` is the first of them, and until `rests_until` nothing is sent. `overlap_until`:
    until then the secret before the present one signs too. `from_settings`: of `progress_webhook`.
    """

    name = models.CharField(max_length=80)
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, blank=True, related_name="webhooks")
    kinds = models.JSONField(default=list)
    address = models.CharField(max_length=300)
    state = models.CharField(max_length=12, choices=choices(WebhookState), default=WebhookState.ACTIVE)
    from_settings = models.BooleanField(default=False)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    overlap_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["name"]
        constraints = [
            one_of("state", WebhookState, "webhook_state_known"),
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at__isnull=True), name="webhook_name_once"),
            models.UniqueConstraint(
                fields=["from_settings"], condition=Q(from_settings=True), name="one_webhook_from_settings"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """Of its secrets."""
        return f"webhook:{self.pk}"


class Delivery(models.Model):
    """One message for one receiver: a webhook, a channel of alerts (both where the channel is a webhook), or a person.

    It exists once its cause is committed, and is sent until it arrives or ends. `message` is the `webhook-id`, the same
    at every try. `body` are the bytes that are sent and signed. Whoever moves `tries` on holds it until `held_until`.
    `run` is the one whose report it brings.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, null=True, blank=True, related_name="deliveries")
    channel = models.ForeignKey(AlertChannel, models.CASCADE, null=True, blank=True, related_name="deliveries")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="deliveries")
    alert = models.ForeignKey(Alert, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="reports_sent")
    message = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=choices(DeliveryState), default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_before = models.PositiveSmallIntegerField(default=0, help_text="Those before somebody had it sent again.")
    due_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            one_of("state", DeliveryState, "delivery_state_known"),
            models.CheckConstraint(
                condition=Q(webhook__isnull=False) | Q(channel__isnull=False) | Q(person__isnull=False),
                name="delivery_has_a_receiver",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_by_webhook"),
            models.Index(fields=["ended_at"], name="delivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message}: {self.state}"


class DeliveryTry(models.Model):
    """One call: `status` is None without an answer; `said` is its first bytes, or why there was none."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "delivery tries"
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="delivery_try_once")]

    def __str__(self) -> str:
        return f"try {self.number} of {self.delivery_id}: {self.status or self.said}"
