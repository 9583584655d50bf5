"""Accounts as the audit trail sees them. Who may do what comes from grants, not from here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models import GivenAccess, Person, RoleGrant
from migrations_app.services import audit, finding, sessions
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation


def facts(person: Person) -> dict[str, Any]:
    """What an entry says about an account; never a password or its hash."""
    return {
        "name": person.username,
        "full_name": person.get_full_name(),
        "email": person.email,
        "active": person.is_active,
        "staff": person.is_staff,
        "superuser": person.is_superuser,
        "groups": sorted(person.groups.values_list("name", flat=True)),
    }


def admins(*, but: Person) -> list[Person]:
    """Every other active person who may manage everything."""
    grants = RoleGrant.objects.filter(role=Role.ADMIN, environment=None)
    holds = Q(pk__in=grants.values("person")) | Q(groups__in=grants.values("group")) | Q(is_superuser=True)
    return list(Person.objects.filter(holds, is_active=True).exclude(pk=but.pk).distinct().order_by("username"))


def record_change(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    person: Person,
    before: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """`action` is person.create or person.edit; in the caller's transaction."""
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="person",
        object_id=person.pk,
        reason=reason,
        before=before,
        after=facts(person),
    )


def end_what_changed(*, actor: Actor, now: datetime, person: Person, before: Mapping[str, Any], password: str) -> None:
    """End their sessions when their way in or what they hold was changed by somebody else; in the caller's transaction.

    `before` are the facts of before, `password` the hash.
    """
    after = facts(person)
    changed = [
        word for word in ("groups", "active", "staff", "superuser") if word in before and before[word] != after[word]
    ]
    if password != person.password:
        changed.append("password")
    if changed:
        sessions.end_all(person, actor=actor, now=now, reason=f"changed: {', '.join(changed)}")


def note_what_was_given(
    *, actor: Actor, now: datetime, person: Person, before: Mapping[str, Any] | None, password: str
) -> None:
    """Groups and ways in that somebody else's account got (`selectors/young_roles.py`); in the caller's transaction.

    `before` are the facts of before, `password` the hash; None: the account was made just now.
    """
    giver, after = finding.person(actor), facts(person)
    was = before or {"groups": [], "active": False}
    way_in = password != person.password or any(
        (
            was.get("email") != after["email"],
            after["active"] and not was.get("active"),
            after["superuser"] and not was.get("superuser"),
        )
    )
    if way_in:
        note_way_in(person, giver=giver, now=now)
    joined = Group.objects.filter(name__in=set(after["groups"]) - set(was.get("groups", ())))
    GivenAccess.objects.bulk_create(
        [GivenAccess(person=person, group=group, given_by=giver, given_at=now) for group in joined.order_by("pk")]
    )


def note_way_in(person: Person, *, giver: Person, now: datetime) -> None:
    """Whoever set it could be them; in the caller's transaction."""
    GivenAccess.objects.create(person=person, given_by=giver, given_at=now)


@operation("person.guide", about="person", in_maintenance=True)
def show_guide(*, actor: Actor, now: datetime, shown: bool) -> None:
    """Whether this person's home page has the guide to a first migration. A wish about a page, so it is not audited."""
    Person.objects.filter(pk=finding.person(actor).pk).update(guide_hidden_at=None if shown else now)
