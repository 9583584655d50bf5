"""Roles that are younger than a day and owed to somebody with an interest: until then they decide nothing.

What somebody gives to themselves waits a day. That would be worth little if they could give it to another account
instead, or make an admin who gives it to them: so who gave a young role is followed from one admin to the next. A group
is given by whoever put the account into it, and an account by whoever set its password: with it they could be them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, GivenAccess, Person, RoleGrant

WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Young:
    """`giver` is '' where they gave it to themselves. `way_in`: it is not the role that is young but the account's."""

    counts_from: datetime
    giver: str
    way_in: bool = False

    def sentence(self, role: str, does: str, *, you: bool = False) -> str:
        """`gave themselves the approver role, which signs from 2 March 12:00 UTC on`; `you`: said to the person."""
        when = f"{does} from {self.counts_from:%-d %B %H:%M} UTC on"
        if self.way_in:
            whose = "your" if you else "their"
            return f"{whose} account was made or changed by {self.giver} less than a day ago: the {role} role {when}"
        if self.giver:
            got = f"{'you ' if you else ''}got the {role} role from {self.giver} less than a day ago"
        else:
            got = f"{'you gave yourself' if you else 'gave themselves'} the {role} role"
        return f"{got}, which {when}"


@dataclass(frozen=True, slots=True)
class _Given:
    """By whom, and when. `way_in`: of the account as a whole."""

    giver: Person
    at: datetime
    way_in: bool = False


class Grants:
    """Every grant that holds in an environment (None: those for all), read once."""

    def __init__(self, environment: Environment | None, *, now: datetime) -> None:
        here = Q(environment=None) if environment is None else Q(environment=None) | Q(environment=environment)
        self.rows = tuple(RoleGrant.objects.filter(here).select_related("granted_by"))
        self.now = now
        self._joined: dict[tuple[int, int], _Given] = {}
        self._ways_in: dict[int, list[_Given]] = defaultdict(list)
        lately = GivenAccess.objects.filter(given_at__gt=now - WAIT).select_related("given_by").order_by("pk")
        for given in lately:
            if given.group_id is None:
                self._ways_in[given.person_id].append(_Given(given.given_by, given.given_at, way_in=True))
            else:  # whoever was taken out of it since and put back is there by the last hand
                self._joined[given.person_id, given.group_id] = _Given(given.given_by, given.given_at)

    def of(self, person_id: int, groups: Collection[int]) -> tuple[RoleGrant, ...]:
        return tuple(row for row in self.rows if row.person_id == person_id or row.group_id in groups)

    def young(self, row: RoleGrant, holder_id: int, to: Collection[int]) -> Young | None:
        """None where it counts. `to`: the ids of those who have an interest beside the holder."""
        return self._latest([*self._hands(row, holder_id), *self._ways_in.get(holder_id, ())], holder_id, to)

    def young_account(self, holder_id: int, to: Collection[int]) -> Young | None:
        """The same of an account whatever its roles, as a superuser's."""
        return self._latest(self._ways_in.get(holder_id, ()), holder_id, to)

    def young_member(self, group_id: int, holder_id: int, to: Collection[int]) -> bool:
        """Whether they are in that group by a hand that does not count yet."""
        joined = self._joined.get((holder_id, group_id))
        return joined is not None and self._owed(joined, frozenset({holder_id, *to}))

    def none_is_young(self, roles: Collection[Role]) -> bool:
        """Whether nothing was given lately: no grant of these, no membership and no way in."""
        lately = any(row.role in roles and row.granted_by_id and row.granted_at + WAIT > self.now for row in self.rows)
        return not (lately or self._joined or self._ways_in)

    def _latest(self, given: Iterable[_Given], holder_id: int, to: Collection[int]) -> Young | None:
        owed = [each for each in given if self._owed(each, frozenset({holder_id, *to}))]
        if not owed:
            return None
        last = max(owed, key=lambda each: each.at)
        return Young(last.at + WAIT, "" if last.giver.pk == holder_id else str(last.giver), last.way_in)

    def _hands(self, row: RoleGrant, holder_id: int) -> Iterator[_Given]:
        """By which they hold it: a grant, and being in its group."""
        if row.granted_by is not None:
            yield _Given(row.granted_by, row.granted_at)
        if row.group_id is not None and (joined := self._joined.get((holder_id, row.group_id))):
            yield joined

    def _owed(self, given: _Given, to: frozenset[int], through: frozenset[int] = frozenset()) -> bool:
        """`through`: whose accounts were looked at already, when two changed each other's."""
        giver = given.giver
        if given.at + WAIT <= self.now:
            return False
        if giver.pk in to:
            return True
        ways = [way for way in self._ways_in.get(giver.pk, ()) if way.giver.pk not in through]
        if any(self._owed(way, to, through | {giver.pk}) for way in ways):
            return True
        if giver.is_superuser:
            return False
        made_admin = [each for each in self.of(giver.pk, self._groups[giver.pk]) if each.role == Role.ADMIN]
        return all(  # nobody's, when that was taken away again
            any(self._owed(hand, to | {giver.pk}, through) for hand in self._hands(each, giver.pk))
            for each in made_admin
        )

    @cached_property
    def _groups(self) -> Mapping[int, set[int]]:
        """Of those who gave something lately."""
        givers = {row.granted_by_id for row in self.rows if row.granted_by_id and row.granted_at + WAIT > self.now}
        givers |= {given.giver.pk for given in self._joined.values()}
        givers |= {given.giver.pk for ways in self._ways_in.values() for given in ways}
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
    """Why none of these roles of theirs decides anything yet; None where one does. Superusers need none of them."""
    grants = Grants(environment, now=now)
    if person_id is None or grants.none_is_young(roles):
        return None  # two queries are enough on most days
    person = Person.objects.prefetch_related("groups").get(pk=person_id)
    if person.is_superuser:
        return grants.young_account(person.pk, to)
    groups = {group.pk for group in person.groups.all()}
    held = [row for row in grants.of(person.pk, groups) if row.role in roles]
    return sooner(grants.young(row, person.pk, to) for row in held)
