"""Invitations: an admin makes a link, whoever brings it makes one account with the role that was meant for them."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email, filter_users_by_username
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet

from migrations_app.engine.errors import Problem
from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Invitation, Person
from migrations_app.models.actor import NOBODYS_NAMES
from migrations_app.runtime import secrets as keys
from migrations_app.selectors.invitations import InvitationState, state_of
from migrations_app.services import audit, finding, grants, people
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, can, require

LIFETIME = timedelta(hours=72)
MOST_OPEN = 200
TYPED_DIFFERENTLY = Problem("again", "This is another password.", "Type the same one twice.", "different")
_USERNAME = re.compile(r"[A-Za-z0-9@.+_-]+")


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """`clear` opens it; it is nowhere to be had again."""

    id: int
    clear: str = field(repr=False)


@operation("invitation.create", about="invitation")
def invite(*, actor: Actor, now: datetime, email: str, role: str, environment_id: int | None = None) -> NewInvitation:
    """With a role in one environment or (None) in all, by an admin of there, from a browser."""
    environment = None
    if environment_id is not None:
        environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_PEOPLE)
    else:
        require(actor, Permission.MANAGE_PEOPLE, None)
    if actor.token_id is not None:
        raise PermissionDenied("A token cannot invite people.", "Invite them in the browser.")
    check = Check()
    address = check.text("email", email, most=254, required=True).lower()
    word = check.one_of("role", role, list(Role), "role")
    if address and not _is_mail(address):
        check.problem("email", f"“{address}” is no mail address.", "Write it as name@example.org.", "email")
    elif address and filter_users_by_email(address):
        check.problem("email", f"There is an account with {address}.", "Give it the role instead.", "taken")
    if Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now).count() >= MOST_OPEN:
        check.problem("email", f"{MOST_OPEN} invitations are open.", "Revoke those that are not needed.", "too_many")
    check.done()
    clear = secrets.token_urlsafe(32)
    row = Invitation.objects.create(
        email=address,
        role=word,
        environment=environment,
        hash=_hash(clear, keys.keys()[0]),
        invited_by=finding.person(actor),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    _record(actor, now, "invitation.create", row)
    return NewInvitation(row.pk, clear)


@operation("invitation.revoke", about="invitation", in_maintenance=True)
def revoke(*, actor: Actor, now: datetime, invitation_id: int) -> None:
    """Its link opens nothing any more. Revoking it again changes nothing; one that was used is refused."""
    row: Invitation = finding.one(
        _locked(),
        invitation_id,
        "invitation",
        actor=actor,
        permission=Permission.MANAGE_PEOPLE,
        look="the list of people",
    )
    if row.accepted_at is not None:
        raise Conflict(f"{row.email} has used it already.", "Make the account inactive instead.", reason="used")
    if row.revoked_at is None:
        Invitation.objects.filter(pk=row.pk).update(revoked_at=now)
        _record(actor, now, "invitation.revoke", row)


@operation("invitation.open", about="invitation", in_maintenance=True)
def open_link(*, actor: Actor, now: datetime, clear: str) -> int:
    """Its id, for whoever brings the link. Raises NotFound, the same for every way it can be no good."""
    listed = keys.keys()
    row = Invitation.objects.filter(hash__in=[_hash(clear, key) for key in listed]).first()
    if row is None or state_of(row, now) is not InvitationState.OPEN:
        raise _unusable(known=row is not None)
    _record(actor, now, "invitation.open", row)
    return row.pk


@operation("invitation.accept", about="invitation")
def accept(
    *, actor: Actor, now: datetime, invitation_id: int, username: str, password: str, full_name: str = ""
) -> int:
    """Make the account, with the role; of two at once one makes it. Returns the person's id.

    `actor` is nobody who is signed in. A role that asks for a second factor is not in force before there is one
    (`selectors/access.py`). Raises Conflict when whoever invited them may not any more.
    """
    row = _locked().filter(pk=invitation_id).first()
    if row is None or state_of(row, now) is not InvitationState.OPEN:
        raise _unusable(known=True)
    inviter = row.invited_by
    if not can(Actor(inviter.pk, inviter.username), Permission.MANAGE_PEOPLE, row.environment):
        raise Conflict(
            f"{inviter} invited you and may not do that any more; no account was made.",
            "Ask an admin to invite you anew.",
            reason="inviter_lost_role",
        )
    person = _checked(row, username, password, full_name)
    person.set_password(password)
    person.save()
    EmailAddress.objects.create(user=person, email=row.email, verified=True, primary=True)
    Invitation.objects.filter(pk=row.pk).update(accepted_at=now, accepted_by=person)
    people.record_change(actor=actor, now=now, action="person.create", person=person, reason="by invitation")
    grants.give(actor=actor, now=now, person=person, role=Role(row.role), environment=row.environment, giver=inviter)
    people.note_way_in(person, giver=inviter, now=now)
    _record(actor, now, "invitation.accept", row, username=person.username)
    return person.pk


def _checked(row: Invitation, username: str, password: str, full_name: str) -> Person:
    """The account as it would be, with every problem at once."""
    check = Check()
    name = check.text("username", username, most=150, required=True)
    whole = check.text("full_name", full_name, most=150)
    person = Person(username=name, email=row.email, first_name=whole)
    if name:
        if not _USERNAME.fullmatch(name):  # “аdmin” with a Cyrillic letter would sign plans beside “admin”
            said = "This is not a name that an account can have."
            check.problem("username", said, "Use the letters a to z, digits and @ . + - _", "not_a_name")
        if name.lower() in NOBODYS_NAMES or filter_users_by_username(name).exists():
            check.problem("username", f"“{name}” is taken.", "Choose another.", "taken")
    if filter_users_by_email(row.email):
        check.problem("username", f"There is an account with {row.email} meanwhile.", "Sign in with it.", "taken")
    try:
        validate_password(password, person)
    except ValidationError as error:
        for message in error.messages:
            check.problem("password", message, "Choose another one; a few unrelated words do well.", "weak")
    check.done()
    return person


def _locked() -> QuerySet[Invitation]:
    return Invitation.objects.select_for_update(of=("self",)).select_related("environment", "invited_by")


def _unusable(*, known: bool) -> NotFound:
    return NotFound(
        "This invitation cannot be used: it was used or revoked, or it has expired. No account was made.",
        "Ask whoever invited you for a new one.",
        hidden=known,
    )


def _is_mail(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _hash(clear: str, key: str) -> str:
    """Keyed, so that a copy of the database alone opens no invitation."""
    return hmac.new(keys.derive(key, "invitations"), clear.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _record(actor: Actor, now: datetime, action: str, row: Invitation, *, username: str = "") -> None:
    environment: Environment | None = row.environment
    facts = {
        "name": row.email,
        "role": row.role,
        "environment": environment.name if environment else "every environment",
        "expires_at": row.expires_at,
        **({"username": username} if username else {}),
    }
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="invitation",
        object_id=row.pk,
        environment=environment.name if environment else "",
        after=facts,
    )
