"""Review policies: who has to sign which plans. Triggers of the schema hold that a version never changes."""

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q

from migrations_app.engine.vocabulary import MigrationType, PolicyScope, PolicyState, RiskLevel, Role
from migrations_app.models.choices import choices, one_of
from migrations_app.models.environment import Environment
from migrations_app.models.person import Person

NAME_LENGTH = 80


class Policy(models.Model):
    """`environment`: it was made together with that environment, as what every plan there needs."""

    name = models.CharField(max_length=NAME_LENGTH)
    environment = models.OneToOneField(
        Environment, models.CASCADE, null=True, blank=True, related_name="own_policy", help_text="Made with it."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "policies"
        constraints = [models.UniqueConstraint(fields=["name"], name="policy_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> int:
        """Grows with each proposal, and with what becomes of it; its ETag."""
        newest = max(self.versions.all(), key=lambda one: one.number, default=None)
        return 1 if newest is None else 2 * newest.number + (newest.state != PolicyState.PROPOSED)


class PolicyVersion(models.Model):
    """What a policy says: immutable but for its state. Another admin than the one who proposed it puts it in force.

    `retires`: confirming it ends the policy. `with_environment`: it came with its environment, in which nothing could
    have been planned before, so nobody confirmed it.
    """

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=choices(PolicyState), default=PolicyState.PROPOSED)
    retires = models.BooleanField(default=False)
    with_environment = models.BooleanField(default=False)
    scope = models.CharField(max_length=10, choices=choices(PolicyScope), default=PolicyScope.EVERY)
    environments = models.ManyToManyField(Environment, blank=True, related_name="+")
    risk_at_least = models.CharField(max_length=8, choices=choices(RiskLevel), default=RiskLevel.LOW)
    zero_downtime = models.BooleanField(null=True, blank=True)
    irreversible = models.BooleanField(null=True, blank=True)
    comment_required = models.BooleanField(
        default=False, help_text="Whether each approval of such a plan has to say something."
    )
    reason = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was retired or withdrawn.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            one_of("state", PolicyState, "policy_state_known"),
            one_of("scope", PolicyScope, "policy_scope_known"),
            one_of("risk_at_least", RiskLevel, "policy_risk_known"),
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state=PolicyState.ACTIVE), name="one_active_version_a_policy"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state=PolicyState.PROPOSED), name="one_proposal_a_policy"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="policy_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=False) | Q(with_environment=True), name="policy_proposed_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[PolicyState.PROPOSED, PolicyState.WITHDRAWN])
                | Q(confirmed_by__isnull=False)
                | Q(with_environment=True, number=1, retires=False),
                name="policy_in_force_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state=PolicyState.ACTIVE, retires=True), name="policy_retirement_never_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} version {self.number}"


class PolicyType(models.Model):
    """One of the migration types that a version is about; none: every type."""

    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="types")
    type = models.CharField(max_length=24, choices=choices(MigrationType))

    class Meta:
        constraints = [
            one_of("type", MigrationType, "policy_type_known"),
            models.UniqueConstraint(fields=["version", "type"], name="policy_type_once"),
        ]

    def __str__(self) -> str:
        return self.type


class PolicyRequirement(models.Model):
    """So many distinct people with that role (beside the approver's) or in that group."""

    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="requirements")
    role = models.CharField(max_length=16, choices=choices(Role), blank=True)
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    count = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=list(Role), group__isnull=True) | Q(role="", group__isnull=False),
                name="policy_requires_role_or_group",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="policy_requires_somebody"),
            models.UniqueConstraint(fields=["version", "role"], condition=~Q(role=""), name="policy_role_once"),
            models.UniqueConstraint(
                fields=["version", "group"], condition=Q(group__isnull=False), name="policy_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.group or self.role}"
