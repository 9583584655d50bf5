"""Whether what became of a request is what its row says, for whoever asked."""

from collections.abc import Callable, Mapping

from django.test import Client

from migrations_app.models import Person
from migrations_app.selectors.access import Access, Permission, held_by
from tests.doors.api_rows import DOCUMENT
from tests.doors.rows import ANYWHERE, ENTRY, EVERYBODY, FEED, NOBODY, OWN, SIGNED_IN, THING, WHOLE, Asks
from tests.doors.scene import Scene
from tests.doors.walking import HIDDEN, OPEN, REFUSED, SIGNED_OUT, Answered, client_of


def expected(asks: Asks, access: Access, production_id: int) -> str:
    permission = asks.permission or Permission.VIEW
    sees = access.can(Permission.VIEW, production_id)
    refused: Callable[[bool], str] = lambda may: OPEN if may else REFUSED  # noqa: E731
    if asks.of in (EVERYBODY, SIGNED_IN):
        return OPEN
    if asks.of in (OWN, NOBODY):  # what is somebody's own is another's here, whatever one's role
        return REFUSED if asks.permission and not access.anywhere(asks.permission) else HIDDEN
    if asks.of == WHOLE:
        return refused(access.can(permission, None))
    if asks.of == ANYWHERE:
        return refused(access.anywhere(permission))
    if asks.of == ENTRY:
        return OPEN if access.can(permission, production_id) else HIDDEN if access.anywhere(permission) else REFUSED
    if asks.of == DOCUMENT:
        return refused(access.can(permission, production_id)) if sees else refused(access.anywhere(permission))
    return refused(access.can(permission, production_id)) if sees else HIDDEN


def expected_of_a_stranger(asks: Asks) -> str:
    if asks.of == EVERYBODY:
        return OPEN
    return HIDDEN if asks.of in (FEED, NOBODY) else SIGNED_OUT


def wrong(
    person: Person | None, there: Scene, rows: Mapping[str, Asks], ask: Callable[[Client, Scene, str], Answered]
) -> list[str]:
    client = client_of(person)
    access = held_by(person) if person else None
    found = []
    for row, asks in rows.items():
        wanted = expected(asks, access, there.production.pk) if access else expected_of_a_stranger(asks)
        got = ask(client, there, row)
        # A thing that is of the whole and in a place that one may not see may be hidden first.
        hidden = got.outcome == HIDDEN and wanted == REFUSED and not sees_the_whole(access)
        if got.outcome != wanted and not (hidden and asks.of in (THING, WHOLE)):
            found.append(f"{row}: {got.outcome}, not {wanted}")
        elif access and got.outcome in (REFUSED, HIDDEN) and asks.of != NOBODY and got.denials != 1:
            found.append(f"{row}: {got.outcome}, and {got.denials} entries of the audit trail say so")
    return found


def sees_the_whole(access: Access | None) -> bool:
    return access is not None and access.roles.get(None) is not None
