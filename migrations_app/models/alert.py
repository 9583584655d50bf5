from django.db import models
from django.db.models import Q

from migrations_app.engine.alerts import DEFAULT_TEMPLATE, MOST_TEMPLATE, AlertCause, ChannelKind
from migrations_app.engine.webhooks import WebhookState
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.migration import Migration
from migrations_app.models.person import Person
from migrations_app.models.run import Run
from migrations_app.models.window import ZONE_LENGTH


class AlertChannel(models.Model):
    """A way to people: mail addresses, a webhook, or an address of Apprise's.

    `address` is what may be shown of it, empty of a webhook, which has its own.
    """

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=choices(ChannelKind))
    address = models.CharField(max_length=300, blank=True)
    webhook = models.ForeignKey(
        "migrations_app.Webhook", models.PROTECT, null=True, blank=True, related_name="alert_channels"
    )
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["name"]
        constraints = [
            one_of("kind", ChannelKind, "alert_channel_kind_known"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(archived_at__isnull=True), name="alert_channel_name_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=ChannelKind.WEBHOOK, webhook__isnull=False)
                | ~Q(kind=ChannelKind.WEBHOOK) & Q(webhook__isnull=True),
                name="alert_channel_has_its_webhook",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def goes_to(self) -> str:
        """What may be shown of where it goes: of a webhook, wherever that one goes now."""
        return self.webhook.address if self.webhook else self.address

    @property
    def silent(self) -> str:
        """Why nothing goes through it, in words; empty where something does."""
        if self.archived_at is not None:
            return "archived"
        if self.webhook is None:
            return ""
        if self.webhook.archived_at is not None:
            return "its webhook is archived"
        return "" if self.webhook.state == WebhookState.ACTIVE else "its webhook is switched off or has ended"

    @property
    def owner(self) -> str:
        """Of its secrets."""
        return f"alert-channel:{self.pk}"


class AlertRule(models.Model):
    """Of what somebody is told, how and when. `limit` is in the unit of its cause. Quiet hours are local times
    of `zone`.

    A second cause of the same kind about the same thing within `repeat_minutes` is counted, not told. Nobody has
    acknowledged after `escalate_minutes`: the channels of the escalation are told, quiet hours or not.
    `followers`: of reports, whoever started the run, and owner and watchers of its migration, get them too.
    """

    name = models.CharField(max_length=80)
    cause = models.CharField(max_length=20, choices=choices(AlertCause))
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, blank=True, related_name="alert_rules")
    limit = models.PositiveIntegerField(null=True, blank=True)
    template = models.CharField(max_length=MOST_TEMPLATE, default=DEFAULT_TEMPLATE)
    channels = models.ManyToManyField(AlertChannel, related_name="rules")
    zone = models.CharField(max_length=ZONE_LENGTH, default="UTC")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    repeat_minutes = models.PositiveIntegerField(default=60)
    escalate_minutes = models.PositiveIntegerField(null=True, blank=True)
    escalation_channels = models.ManyToManyField(AlertChannel, related_name="escalations", blank=True)
    followers = models.BooleanField(default=False, db_default=False)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["name"]
        constraints = [
            one_of("cause", AlertCause, "alert_cause_known"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(archived_at__isnull=True), name="alert_rule_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """That a rule fired. `about` is the thing, such as `migration:5`: one open alert a rule and thing;
    others count here.

    It is open until it is acknowledged (what happened) or no longer so (what holds for a while). `counted_from`: where
    it was closed for a while, `fired_at` moved on by that while, from where the time to its escalation counts.
    """

    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="alerts")
    about = models.CharField(max_length=60)
    text = models.CharField(max_length=500)
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="+")
    migration = models.ForeignKey(Migration, models.CASCADE, null=True, blank=True, related_name="+")
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="+")
    path = models.CharField(max_length=200)
    fired_at = models.DateTimeField()
    counted_from = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "about"], condition=Q(closed_at__isnull=True), name="one_open_alert_a_thing"
            )
        ]
        indexes = [models.Index(fields=["closed_at", "-id"], name="alert_open")]

    def __str__(self) -> str:
        return self.text
