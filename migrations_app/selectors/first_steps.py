"""The way from an empty installation to its first migration. Each tick is looked up anew; none is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Q, When

from migrations_app.engine.policy import Policy
from migrations_app.engine.vocabulary import MigrationStatus, ReviewState, RunKind, RunState, TargetKind
from migrations_app.models import Environment, Migration, Person, RoleGrant, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import TABLE, Access, Permission, access_of, people_with
from migrations_app.selectors.policy_rules import asked_of

_NAMED = 3
_TARGETS_NEEDED = 2  # in one environment: a migration stays inside one


@dataclass(frozen=True, slots=True)
class FirstStep:
    """`now`: everything before it is done, so it is next. `can`: the reader may do it; else `who` says who may.

    `nobody`: no person holds the role that it takes. `object_id` is the target or migration that it is about, if any.
    """

    key: str
    title: str
    text: str
    done: bool
    now: bool
    can: bool
    who: str
    nobody: bool
    object_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Fact:
    done: bool
    permission: Permission
    environment_id: int | None = None
    object_id: int | None = None
    text: str = ""


_TITLES: Mapping[str, tuple[str, str]] = {
    "environment": ("Create an environment", "A place such as dev or production; it decides who has to sign."),
    "targets": ("Register two targets", "The store that serves now, and an empty one that is to take over."),
    "test": ("Test the connections", "Both answer, with the credentials that you gave."),
    "write": ("Write the first migration", "Begin with a template; nothing is changed by writing."),
    "sign": ("Have it signed", "Somebody else looks at the plan and signs exactly that."),
    "run": ("Run it", "Everybody can watch it live, pause it, and take it back."),
}


def first_steps(
    *, actor: Actor, now: datetime, access: Access | None = None, policies: Iterable[Policy] | None = None
) -> tuple[FirstStep, ...]:
    """Empty once a migration has run here, which is when nobody needs them any more, and for people without a role.

    `access` of the actor and `policies` in force: where they have been read already.
    """
    access = access or access_of(actor)
    if not access.anywhere(Permission.VIEW):
        return ()
    if Run.objects.filter(kind=RunKind.APPLY, state=RunState.SUCCEEDED).exists():
        return ()
    steps: list[FirstStep] = []
    for key, fact in _facts(access, policies, now).items():
        title, text = _TITLES[key]
        next_one = not fact.done and all(step.done for step in steps)
        can = _may(access, fact)
        asked = not can and (next_one or (key == "sign" and not fact.done))  # an approver is found in good time
        names = _names(fact) if asked else []
        who = _said(names, fact) if asked else ""
        nobody = bool(who) and not names
        steps.append(FirstStep(key, title, fact.text or text, fact.done, next_one, can, who, nobody, fact.object_id))
    return tuple(steps)


def _facts(access: Access, policies: Iterable[Policy] | None, now: datetime) -> dict[str, _Fact]:
    stores = {"kind": TargetKind.SESSION_STORE, "archived_at": None}
    usable = Target.objects.filter(access.within(Permission.VIEW), **stores)
    counted = (
        usable.order_by()
        .values_list("environment")
        .annotate(there=Count("pk"), answering=Count("pk", filter=Q(last_probe__ok=True)))
    )
    here = [(there, answering) for _, there, answering in counted]
    registered = any(there >= _TARGETS_NEEDED for there, _ in here)
    tested = any(answering >= _TARGETS_NEEDED for _, answering in here)
    silent = None if tested else usable.exclude(last_probe__ok=True).order_by("pk").first()
    seen = Migration.objects.filter(access.within(Permission.VIEW)).exclude(status=MigrationStatus.CANCELLED)
    approved_first = Case(When(review_state=ReviewState.APPROVED, then=0), default=1)
    first = seen.select_related("environment").order_by(approved_first, "-pk").first()
    place = first.environment_id if first else None
    number = first.pk if first else None
    free = bool(first and _wants_nobody(first, policies, now))
    signed = bool(first and first.review_state == ReviewState.APPROVED)
    return {
        "environment": _Fact(bool(here) or Environment.objects.exists(), Permission.MANAGE_ENVIRONMENTS),
        "targets": _Fact(registered, Permission.MANAGE_TARGETS),
        "test": _Fact(tested, Permission.TEST_TARGET, object_id=silent.pk if silent else None),
        "write": _Fact(first is not None, Permission.AUTHOR, object_id=number),
        "sign": _Fact(signed or free, Permission.SIGN, place, number, _no_signature(first) if free else ""),
        "run": _Fact(False, Permission.EXECUTE, place, number),
    }


def _wants_nobody(migration: Migration, policies: Iterable[Policy] | None, now: datetime) -> bool:
    asked = asked_of(migration, migration.revisions.order_by("-number").first(), now=now, policies=policies)
    return not asked.slots and not asked.blocked


def _no_signature(migration: Migration | None) -> str:
    return f"{migration.environment} asks for no signature." if migration else ""


def _may(access: Access, fact: _Fact) -> bool:
    if fact.environment_id is not None:
        return access.can(fact.permission, fact.environment_id)
    return access.anywhere(fact.permission)


def _said(names: list[str], fact: _Fact) -> str:
    """At most three of the names, or the role that nobody has yet."""
    if not names:
        roles = " or ".join(sorted(TABLE[fact.permission][0]))
        return f"Nobody can do this yet: an admin gives somebody the role {roles}."
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more} can do this."


def _names(fact: _Fact) -> list[str]:
    roles = TABLE[fact.permission][0]
    if fact.environment_id is not None:
        return sorted({str(person) for role in roles for person in people_with(role, fact.environment_id)})
    grants = RoleGrant.objects.filter(role__in=roles)
    holds = Q(pk__in=grants.values("person")) | Q(groups__in=grants.values("group"))
    if fact.permission is not Permission.SIGN:
        holds |= Q(is_superuser=True)
    return sorted(str(person) for person in Person.objects.filter(is_active=True).filter(holds).distinct())
