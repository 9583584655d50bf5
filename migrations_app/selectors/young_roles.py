"""Roles that are younger than a day and owed to somebody with an interest: until then they decide nothing.

What somebody gives to themselves waits a day. That would be worth little if they could give it to another account
instead, or make an admin who gives it to them: so who gave a young role is followed from one admin to the next.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Person, RoleGrant

WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Young:
    """`giver` is '' where they gave it to themselves."""

    counts_from: datetime
    giver: str

    def sentence(self, role: str, does: str, *, you: bool = False) -> str:
        """`gave themselves the approver role, which signs from 2 March 12:00 UTC on`; `you`: said to the person."""
        if self.giver:
            got = f"{'you ' if you else ''}got the {role} role from {self.giver} less than a day ago"
        else:
            got = f"{'you gave yourself' if you else 'gave themselves'} the {role} role"
        return f"{got}, which {does} from {self.counts_from:%-d %B %H:%M} UTC on"


class Grants:
    """Every grant that holds in an environment (None: those for all), read once."""

    def __init__(self, environment: Environment | None, *, now: datetime) -> None:
        here = Q(environment=None) if environment is None else Q(environment=None) | Q(environment=environment)
        self.rows = tuple(RoleGrant.objects.filter(here).select_related("granted_by"))
        self.now = now

    def of(self, person_id: int, groups: Collection[int]) -> tuple[RoleGrant, ...]:
        return tuple(row for row in self.rows if row.person_id == person_id or row.group_id in groups)

    def young(self, row: RoleGrant, holder_id: int, to: Collection[int]) -> Young | None:
        """None where it counts. `to`: the ids of those who have an interest beside the holder."""
        giver = row.granted_by
        if giver is None or not self._owed(row, frozenset({holder_id, *to})):
            return None
        return Young(row.granted_at + WAIT, "" if giver.pk == holder_id else str(giver))

    def _owed(self, row: RoleGrant, to: frozenset[int]) -> bool:
        giver = row.granted_by
        if giver is None or row.granted_at + WAIT <= self.now:
            return False
        if giver.pk in to:
            return True
        if giver.is_superuser:
            return False
        made_admin = [each for each in self.of(giver.pk, self._groups[giver.pk]) if each.role == Role.ADMIN]
        return all(self._owed(each, to | {giver.pk}) for each in made_admin)  # nobody's, when that was taken away again

    @cached_property
    def _groups(self) -> Mapping[int, set[int]]:
        """Of those who gave something lately."""
        givers = {row.granted_by_id for row in self.rows if row.granted_by_id and row.granted_at + WAIT > self.now}
        found: dict[int, set[int]] = defaultdict(set)
        for person_id, group_id in Person.groups.through.objects.filter(person_id__in=givers).values_list(
            "person_id", "group_id"
        ):
            found[person_id].add(group_id)
        return found


def sooner(found: Iterable[Young | None]) -> Young | None:
    """Of the ways by which somebody holds a role: None as soon as one counts, else the one that counts first."""
    given = list(found)
    waiting = [each for each in given if each is not None]
    return None if len(waiting) < len(given) or not waiting else min(waiting, key=lambda each: each.counts_from)


def young_role(
    person_id: int | None,
    roles: Collection[Role],
    *,
    environment: Environment | None,
    to: Collection[int],
    now: datetime,
) -> Young | None:
    """Why none of these roles of theirs decides anything yet; None where one does, and for superusers."""
    grants = Grants(environment, now=now)
    giving = [row for row in grants.rows if row.role in roles]
    if person_id is None or not any(row.granted_by_id and row.granted_at + WAIT > now for row in giving):
        return None  # one query is enough on most days
    person = Person.objects.prefetch_related("groups").get(pk=person_id)
    groups = {group.pk for group in person.groups.all()}
    held = [row for row in grants.of(person.pk, groups) if row.role in roles]
    return None if person.is_superuser else sooner(grants.young(row, person.pk, to) for row in held)
