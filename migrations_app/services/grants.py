"""Role grants: made and taken away by admins. What one grants to oneself signs nothing for 24 hours."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.services import audit, finding, notifications, people
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require


@operation("grant.create", about="grant")
def grant(
    *,
    actor: Actor,
    now: datetime,
    role: str,
    person_id: int | None = None,
    group_id: int | None = None,
    environment_id: int | None = None,
) -> int:
    """To a person or to a group, in one environment or (None) in all. Returns its id; the same grant again too.

    To oneself (or to a group of one's own) it is possible, told to every other admin, and fills no signature's place
    before 24 hours have passed (`selectors/signing.py`).
    """
    environment = None
    if environment_id is not None:
        environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_PEOPLE)
    else:
        require(actor, Permission.MANAGE_PEOPLE, None)
    giver = None if actor.is_system else finding.person(actor)
    check = Check()
    word = check.one_of("role", role, list(Role), "role")
    if (person_id is None) == (group_id is None):
        check.problem("person", "A grant is for one person or one group.", "Choose one of the two.", "one_of_two")
    person = Person.objects.filter(pk=person_id).first() if person_id is not None else None
    group = Group.objects.filter(pk=group_id).first() if group_id is not None else None
    if person_id is not None and person is None:
        check.problem("person", f"There is no person {person_id}.", "Choose a person.", "unknown")
    if group_id is not None and group is None:
        check.problem("group", f"There is no group {group_id}.", "Choose a group.", "unknown")
    check.done()
    row, made = RoleGrant.objects.get_or_create(
        person=person,
        group=group,
        role=word,
        environment=environment,
        defaults={"granted_by": giver, "granted_at": now},
    )
    if made:
        if giver is not None and (person == giver or (group is not None and group in giver.groups.all())):
            _tell_admins(giver, row, now)
        _record(actor, now, "grant.create", row, environment, made=True)
    return row.pk


def give(
    *, actor: Actor, now: datetime, person: Person, role: Role, environment: Environment | None, giver: Person
) -> None:
    """What an invitation promised, in the transaction that makes the account; `giver` is who invited them."""
    row = RoleGrant.objects.create(person=person, role=role, environment=environment, granted_by=giver, granted_at=now)
    _record(actor, now, "grant.create", row, environment, made=True)


def hold_exactly(
    *, actor: Actor, now: datetime, group: Group, wanted: Collection[tuple[Role, Environment | None]]
) -> None:
    """What the table of the single sign-on gives a group, and nothing besides; in the caller's transaction."""
    rows = RoleGrant.objects.select_for_update(of=("self",)).select_related("environment", "person", "group")
    held = {(Role(row.role), row.environment_id): row for row in rows.filter(group=group)}
    listed = {(role, environment.pk if environment else None): environment for role, environment in wanted}
    for key in held.keys() - listed.keys():
        _record(actor, now, "grant.revoke", held[key], held[key].environment, made=False)
        held[key].delete()
    for role, environment_id in listed.keys() - held.keys():
        environment = listed[role, environment_id]
        row = RoleGrant.objects.create(group=group, role=role, environment=environment, granted_at=now)
        _record(actor, now, "grant.create", row, environment, made=True)


def _tell_admins(giver: Person, row: RoleGrant, now: datetime) -> None:
    notifications.tell(
        people.admins(but=giver),
        now=now,
        kind=notifications.OWN_GRANT,
        text=f"{giver} gave themselves the role {row.role} in {row.environment or 'every environment'}.",
        mail=True,
    )


@operation("grant.revoke", about="grant")
def revoke(*, actor: Actor, now: datetime, grant_id: int) -> None:
    """Works from the holder's next request on. Signatures that the holder gave no longer count at the start."""
    rows = RoleGrant.objects.select_for_update(of=("self",)).select_related("environment", "person", "group")
    row: RoleGrant = finding.one(rows, grant_id, "grant", actor=actor, permission=Permission.MANAGE_PEOPLE)
    _record(actor, now, "grant.revoke", row, row.environment, made=False)
    row.delete()


def _record(
    actor: Actor, now: datetime, action: str, row: RoleGrant, environment: Environment | None, *, made: bool
) -> None:
    facts = {
        "holder": row.person.username if row.person else f"group {row.group}",
        "role": str(row.role),
        "environment": environment.name if environment else "every environment",
    }
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="grant",
        object_id=row.pk,
        environment=environment.name if environment else "",
        before=None if made else facts,
        after=facts if made else None,
    )
