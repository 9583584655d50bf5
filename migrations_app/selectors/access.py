"""The one permission table, and who holds which role where. Every door asks through here.

Roles are grants: (person or group, role, environment or all). Groups carry membership only. A superuser holds
every permission but SIGN, which always needs an approver's grant (DESIGN section 5).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models import ExternalIdentity, Person, RoleGrant
from migrations_app.models.actor import Actor


class Permission(StrEnum):
    VIEW = "view"
    COMMENT = "comment"
    AUTHOR = "author"
    VALIDATE = "validate"
    EXECUTE = "execute"
    BREAK_GLASS = "break_glass"
    CONTROL = "control"
    ROLL_BACK = "roll_back"
    SIGN = "sign"
    SIGN_OFF = "sign_off"
    WAIVE_RISK = "waive_risk"
    TEST_TARGET = "test_target"
    MANAGE_TARGETS = "manage_targets"
    MANAGE_SECRETS = "manage_secrets"
    MANAGE_ENVIRONMENTS = "manage_environments"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_ALERTS = "manage_alerts"
    ACKNOWLEDGE_ALERTS = "acknowledge_alerts"
    MANAGE_POLICIES = "manage_policies"
    CONFIRM_POLICIES = "confirm_policies"
    READ_AUDIT = "read_audit"
    VERIFY_AUDIT = "verify_audit"
    FOLLOW_ROUTES = "follow_routes"
    SEE_CALENDAR = "see_calendar"


class Scope(StrEnum):
    """What a token may be used for; it never exceeds what its person may do."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"
    ROUTE = "route"
    CALENDAR = "calendar"


_EVERYBODY = frozenset(Role)
_OPERATOR = frozenset({Role.OPERATOR})
_ADMIN = frozenset({Role.ADMIN})

TABLE: Mapping[Permission, tuple[frozenset[Role], Scope | None]] = {
    Permission.VIEW: (_EVERYBODY, Scope.READ),
    Permission.COMMENT: (frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.ADMIN}), Scope.OPERATE),
    Permission.AUTHOR: (_OPERATOR, Scope.OPERATE),
    Permission.VALIDATE: (_OPERATOR, Scope.OPERATE),
    Permission.EXECUTE: (_OPERATOR, Scope.OPERATE),
    Permission.BREAK_GLASS: (_OPERATOR, None),
    Permission.CONTROL: (_OPERATOR, Scope.OPERATE),
    Permission.ROLL_BACK: (_OPERATOR, Scope.OPERATE),
    Permission.SIGN: (frozenset({Role.APPROVER}), None),
    Permission.SIGN_OFF: (frozenset({Role.OPERATOR, Role.APPROVER}), None),
    Permission.WAIVE_RISK: (frozenset({Role.APPROVER, Role.ADMIN}), None),
    Permission.TEST_TARGET: (frozenset({Role.OPERATOR, Role.ADMIN}), Scope.OPERATE),
    Permission.MANAGE_TARGETS: (_ADMIN, Scope.ADMIN),
    Permission.MANAGE_SECRETS: (_ADMIN, Scope.ADMIN),
    Permission.MANAGE_ENVIRONMENTS: (_ADMIN, Scope.ADMIN),
    Permission.MANAGE_PEOPLE: (_ADMIN, Scope.ADMIN),
    Permission.MANAGE_WEBHOOKS: (_ADMIN, Scope.ADMIN),
    Permission.MANAGE_ALERTS: (_ADMIN, Scope.ADMIN),
    Permission.ACKNOWLEDGE_ALERTS: (frozenset({Role.OPERATOR, Role.ADMIN}), Scope.OPERATE),
    Permission.MANAGE_POLICIES: (_ADMIN, Scope.ADMIN),
    Permission.CONFIRM_POLICIES: (_ADMIN, None),
    Permission.READ_AUDIT: (frozenset({Role.AUDITOR, Role.ADMIN}), Scope.READ),
    Permission.VERIFY_AUDIT: (frozenset({Role.AUDITOR, Role.ADMIN}), Scope.READ),
    Permission.FOLLOW_ROUTES: (frozenset({Role.OPERATOR, Role.ADMIN}), Scope.ROUTE),
    Permission.SEE_CALENDAR: (_EVERYBODY, Scope.CALENDAR),
}


@dataclass(frozen=True, slots=True)
class Access:
    """What one actor may do, read from the database once. `roles` maps environment id (None: all) to roles.

    `withheld` are roles that were granted and are not in force, because they ask for a second factor.
    """

    roles: Mapping[int | None, frozenset[Role]]
    superuser: bool = False
    system: bool = False
    scopes: frozenset[str] | None = None
    withheld: frozenset[Role] = frozenset()

    def can(self, permission: Permission, environment_id: int | None) -> bool:
        """In that environment; `None` asks for the permission in every environment."""
        if self.system:
            return True
        needed, scope = TABLE[permission]
        if self.scopes is not None and (scope is None or scope not in self.scopes):
            return False
        if self.superuser and permission is not Permission.SIGN:
            return True
        held = self.roles.get(None, frozenset()) | self.roles.get(environment_id, frozenset())
        return bool(held & needed)

    def environments(self, permission: Permission) -> frozenset[int] | None:
        """Ids of the environments where the actor may; None means all of them, those to come included."""
        if self.can(permission, None):
            return None
        return frozenset(e for e in self.roles if e is not None and self.can(permission, e))

    def anywhere(self, permission: Permission) -> bool:
        return self.environments(permission) != frozenset()

    def within(self, permission: Permission, field: str = "environment") -> Q:
        """Filter for rows whose `field` leads to an environment where the actor may."""
        allowed = self.environments(permission)
        return Q() if allowed is None else Q(**{f"{field}__in": allowed})

    def roles_in(self, environment_id: int) -> frozenset[Role]:
        return self.roles.get(None, frozenset()) | self.roles.get(environment_id, frozenset())


NOTHING = Access(roles={})


def access_of(actor: Actor) -> Access:
    """Read afresh each time: a grant that is taken away works from the next call on. Inactive people hold nothing."""
    if actor.is_system:
        return Access(roles={}, system=True)
    person = Person.objects.filter(pk=actor.person_id, is_active=True).first() if actor.person_id else None
    return held_by(person, actor.scopes, attested=actor.attested) if person else NOTHING


def held_by(person: Person, scopes: frozenset[str] | None = None, *, attested: bool | None = None) -> Access:
    """The same of an active person, for whoever has read them already. `attested` is the actor's."""
    roles: dict[int | None, frozenset[Role]] = {}
    grants = RoleGrant.objects.filter(Q(person=person) | Q(group__in=person.groups.all()))
    for environment_id, role in grants.values_list("environment_id", "role"):
        roles[environment_id] = roles.get(environment_id, frozenset()) | {Role(role)}
    access = Access(roles, superuser=person.is_superuser, scopes=scopes)
    return _with_second_factor(person, access, attested=attested)


def roles_with_second_factor() -> frozenset[Role]:
    """Roles that only somebody with a second factor holds. A name that is no role is refused by `manage.py check`."""
    return frozenset(role for role in Role if role in settings.SNAKEWEB_SECOND_FACTOR_ROLES)


def _with_second_factor(person: Person, access: Access, *, attested: bool | None) -> Access:
    """One rule for every door: without a second factor such a role is not held, on pages, in the API, by tokens."""
    asked = roles_with_second_factor()
    withheld = frozenset().union(*access.roles.values()) & asked
    loses = access.superuser and Role.ADMIN in asked
    if not (withheld or loses) or has_second_factor(person, attested=attested):
        return access
    kept = {environment: held - asked for environment, held in access.roles.items() if held - asked}
    return replace(
        access,
        roles=kept,
        superuser=access.superuser and not loses,
        withheld=withheld | (frozenset({Role.ADMIN}) if loses else frozenset()),
    )


def has_second_factor(person: Person, *, attested: bool | None = None) -> bool:
    """One of ours; or the provider's, for whoever has no password here that would do without it.

    The provider's is one of a browser session. None: of whoever has none (tokens, lists of people), whose last sign-in
    counts.
    """
    if is_mfa_enabled(person):
        return True
    if person.has_usable_password():
        return False
    known = ExternalIdentity.objects.filter(person=person)
    return (attested and known.exists()) if attested is not None else known.filter(second_factor=True).exists()


def with_second_factor(*, attested: Collection[int] = ()) -> Q:
    """Filter for the people who have one: ours, or the provider's at their last sign-in.

    `attested`: the ids of those of whom it is known of another session that counts.
    """
    by_provider = Q(external_identities__second_factor=True) | Q(external_identities__isnull=False, pk__in=attested)
    without_password = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return Q(pk__in=Authenticator.objects.values("user")) | (by_provider & without_password)


def people_who_see(environment_id: int) -> list[Person]:
    """Active people with any role there, and superusers, by user name."""
    here = RoleGrant.objects.filter(Q(environment=None) | Q(environment=environment_id))
    sees = Q(pk__in=here.values("person")) | Q(groups__in=here.values("group")) | Q(is_superuser=True)
    return list(Person.objects.filter(sees, is_active=True).distinct().order_by("username"))


def people_who_control(environment_id: int) -> int:
    """How many active people may run and roll back there: operators, and superusers, who may all but sign."""
    superusers = Person.objects.filter(is_active=True, is_superuser=True)
    if Role.ADMIN in roles_with_second_factor():
        superusers = superusers.filter(pk__in=Authenticator.objects.values("user"))
    operators = (person.pk for person in people_with(Role.OPERATOR, environment_id))
    return len({*operators, *superusers.values_list("pk", flat=True)})


def people_with(role: Role, environment_id: int | None) -> list[Person]:
    """Active people who hold the role in that environment (None: in every one), by themselves or through a group."""
    here = Q(role=role) & (Q(environment=None) | Q(environment=environment_id))
    grants = RoleGrant.objects.filter(here)
    people = Person.objects.filter(is_active=True)
    if role in roles_with_second_factor():
        people = people.filter(with_second_factor())
    return list(
        people.filter(Q(pk__in=grants.values("person")) | Q(groups__in=grants.values("group")))
        .distinct()
        .order_by("username")
    )
