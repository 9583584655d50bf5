"""Whoever the provider of the single sign-on vouches for: their account, and the roles of their groups.

Which group gives which role where is one table in the settings (`SNAKEWEB_SIGN_ON_ROLES`) and nothing else: the groups
named `single sign-on: <group>` carry exactly its grants, and at each sign-in a person is in exactly those of theirs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, ExternalIdentity, Person
from migrations_app.models.actor import NOBODYS_NAMES
from migrations_app.runtime import saml
from migrations_app.runtime.identity import Identity, ProviderUnavailable
from migrations_app.runtime.oidc import Provider
from migrations_app.runtime.sign_on_groups import PREFIX
from migrations_app.services import audit, grants, people
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.services.operation import operation

ASK = "Ask an admin of this Snakeweb."


def provider() -> Provider | None:
    """The one of OpenID Connect; None where that is not set up, which is the default."""
    if not settings.SNAKEWEB_OIDC_ISSUER:
        return None
    return Provider(
        issuer=settings.SNAKEWEB_OIDC_ISSUER,
        client_id=settings.SNAKEWEB_OIDC_CLIENT_ID,
        client_secret=settings.SNAKEWEB_OIDC_CLIENT_SECRET,
        groups_claim=settings.SNAKEWEB_OIDC_GROUPS_CLAIM,
        second_factors=settings.SNAKEWEB_OIDC_SECOND_FACTORS,
    )


def saml_provider() -> saml.Provider | None:
    """None where it is not set up. Raises ProviderUnavailable where what is set up cannot be used."""
    try:
        return saml.provider(settings.SNAKEWEB_SAML) if saml.is_given(settings.SNAKEWEB_SAML) else None
    except saml.ProviderUnusable as unusable:
        raise ProviderUnavailable("Single sign-on is not set up as it has to be.") from unusable


def name() -> str:
    """What people call the provider; '' where there is none. `manage.py check` refuses one of each protocol."""
    if settings.SNAKEWEB_OIDC_ISSUER:
        return str(settings.SNAKEWEB_OIDC_NAME)
    return str(settings.SNAKEWEB_SAML["name"]) if saml.is_given(settings.SNAKEWEB_SAML) else ""


@operation("person.sign_on", about="person", in_maintenance=True)
def sign_on(*, actor: Actor, now: datetime, identity: Identity) -> int:
    """The person behind the identity, with the roles of their groups. Returns their id.

    Known by issuer and subject; else linked by an address that is verified on both sides; else made, where a group of
    theirs has a role. Raises PermissionDenied, each time with what to do.
    """
    try:
        with transaction.atomic():
            return _signed_on(actor, now, identity)
    except IntegrityError:  # the same person came back twice at once, and by now everything is there
        return _signed_on(actor, now, identity)


def same_person(*, person_id: int, identity: Identity) -> bool:
    """For whoever is signed in and shows once more that it is them."""
    mine = ExternalIdentity.objects.filter(person_id=person_id, person__is_active=True)
    return mine.filter(issuer=identity.issuer, subject=identity.subject).exists()


def _signed_on(actor: Actor, now: datetime, identity: Identity) -> int:
    known = ExternalIdentity.objects.select_for_update(of=("self",)).select_related("person")
    row = known.filter(issuer=identity.issuer, subject=identity.subject).first()
    person = row.person if row is not None else _found_or_made(actor, now, identity)
    if not person.is_active:
        raise PermissionDenied(f"The account {person.username} is not active.", ASK)
    if row is None:
        row = ExternalIdentity(person=person, issuer=identity.issuer, subject=identity.subject, linked_at=now)
        _record(actor, now, "person.link", person, identity)
    row.second_factor, row.used_at = identity.second_factor, now
    row.save()
    ExternalIdentity.objects.filter(person=person).exclude(pk=row.pk).update(
        second_factor=False
    )  # of a former provider
    _into_their_groups(actor, now, person, identity)
    return person.pk


def _found_or_made(actor: Actor, now: datetime, identity: Identity) -> Person:
    if not identity.email or not identity.email_verified:
        raise PermissionDenied("The provider does not vouch for your mail address, so no account is yours.", ASK)
    address = EmailAddress.objects.select_related("user").filter(email__iexact=identity.email, verified=True).first()
    if address is not None:
        if address.user.is_superuser:
            raise PermissionDenied("An account that may do everything is not linked by its address.", ASK)
        if ExternalIdentity.objects.filter(person=address.user, issuer=identity.issuer).exists():
            raise PermissionDenied("The account with your address belongs to somebody else at the provider.", ASK)
        linked: Person = address.user
        return linked
    if filter_users_by_email(identity.email):
        raise PermissionDenied(
            f"There is an account with {identity.email}, and that the address is its person's was never shown.",
            "Sign in with its password and verify the address under Settings, E-mail; or ask an admin.",
        )
    if not _groups_of(identity):
        raise PermissionDenied("None of your groups has a role here, so no account was made.", ASK)
    return _made(actor, now, identity)


def _made(actor: Actor, now: datetime, identity: Identity) -> Person:
    person = Person(username=_free_name(identity), email=identity.email, first_name=identity.full_name[:150])
    person.set_unusable_password()
    person.save()
    EmailAddress.objects.create(user=person, email=identity.email, verified=True, primary=True)
    people.record_change(actor=actor, now=now, action="person.create", person=person, reason="by single sign-on")
    return person


def _free_name(identity: Identity) -> str:
    """Of ASCII, as every new name is: the letters of other alphabets may look like those of somebody's name."""
    given = identity.username or identity.email.partition("@")[0]
    wanted = "".join(c for c in given if c.isascii() and (c.isalnum() or c in "@.+-_"))
    base = wanted[:120] or "person"
    taken = {
        name.lower() for name in Person.objects.filter(username__istartswith=base).values_list("username", flat=True)
    }
    taken |= set(NOBODYS_NAMES)
    return next(name for n in range(len(taken) + 1) if (name := f"{base}-{n + 1}" if n else base).lower() not in taken)


def _groups_of(identity: Identity) -> list[str]:
    return sorted(identity.groups & settings.SNAKEWEB_SIGN_ON_ROLES.keys())


def _into_their_groups(actor: Actor, now: datetime, person: Person, identity: Identity) -> None:
    """Their groups as the table has them now, and none besides of those that the table is for."""
    table: Mapping[str, Sequence[str]] = settings.SNAKEWEB_SIGN_ON_ROLES
    environments = {row.name: row for row in Environment.objects.all()}
    for group in Group.objects.filter(name__startswith=PREFIX):
        if group.name.removeprefix(PREFIX) not in table:
            grants.hold_exactly(actor=actor, now=now, group=group, wanted=())
    for name, roles in table.items():
        group, _ = Group.objects.get_or_create(name=f"{PREFIX}{name}")
        wanted = [found for text in roles if (found := _grant(text, environments)) is not None]
        grants.hold_exactly(actor=actor, now=now, group=group, wanted=wanted)
    before = people.facts(person)
    theirs = [f"{PREFIX}{name}" for name in _groups_of(identity)]
    person.groups.set([*person.groups.exclude(name__startswith=PREFIX), *Group.objects.filter(name__in=theirs)])
    if people.facts(person) != before:
        reason = "by the groups of the single sign-on"
        people.record_change(actor=actor, now=now, action="person.edit", person=person, before=before, reason=reason)


def _grant(text: str, environments: Mapping[str, Environment]) -> tuple[Role, Environment | None] | None:
    """`operator@staging` or `viewer` for all. None where there is no such environment (yet)."""
    role, at, name = text.partition("@")
    if not at:
        return Role(role), None
    return (Role(role), environments[name]) if name in environments else None


def _record(actor: Actor, now: datetime, action: str, person: Person, identity: Identity) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="person",
        object_id=person.pk,
        after={"name": person.username, "issuer": identity.issuer, "subject": identity.subject},
    )
