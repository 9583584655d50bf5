"""The role matrix at the doors of the pages, the admin site and the sockets: every address the resolver knows.

Each person is asked for every row; whose role is in staging only is asked against things of production.
"""

from functools import partial
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from migrations_app import admin as admin_site
from migrations_app.engine.vocabulary import Role
from migrations_app.live.admission import Admitted, _judge
from migrations_app.selectors.access import held_by
from tests.doors.furnishing import BEFORE
from tests.doors.judging import wrong
from tests.doors.rows import (
    ENTRANCES,
    EVERYBODY,
    NOBODY,
    OWN_ACCOUNT,
    ROWS,
    WHOLE,
    shown,
    table,
)
from tests.doors.scene import ELSEWHERE as STAGING
from tests.doors.scene import EVERYWHERE, HERE, Scene, rolled_back
from tests.doors.walking import (
    OPEN,
    OTHER_SITE,
    REFUSED,
    SIGNED_OUT,
    Answered,
    addresses,
    asked,
    client_of,
    path_of,
)

pytestmark = pytest.mark.django_db
PAGES = {
    address.name: address
    for address in addresses()
    if ":" not in address.name and not address.name.startswith(OWN_ACCOUNT)
}
OF_THE_ACCOUNT = [a for a in addresses() if a.name.startswith(OWN_ACCOUNT)]
WHAT_TO_DO = "say in tests/doors/rows.py what it asks for, then run python -m tests.doors.rows"


def walked(client: Client, there: Scene, row: str, **more: Any) -> Answered:
    method, name = row.split()
    numbers = {key: str(value) for key, value in there.numbers.items()}
    sent = {key: value.format(**numbers) for key, value in ROWS[row].sent.items()}
    before = partial(BEFORE[name], numbers=there.numbers) if name in BEFORE else None
    return asked(client, method, path_of(PAGES[name], there), before, **({"data": sent} if sent else {}), **more)


def test_every_address_has_a_row_and_the_page_shows_them() -> None:
    named = {row.split()[1] for row in ROWS}
    missing = sorted(set(PAGES) - named)
    assert not missing, f"no row for {', '.join(missing)}: {WHAT_TO_DO}"
    assert not named - set(PAGES), "rows of addresses that are gone"
    assert shown() == table(), WHAT_TO_DO


@pytest.mark.parametrize("where", [HERE, STAGING])
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_who_may_open_what_of_production(there: Scene, role: str, where: str) -> None:
    assert "; ".join(wrong(there.people[role, where], there, ROWS, walked)) == ""


def test_without_a_role_everything_of_others_is_closed(there: Scene) -> None:
    assert "; ".join(wrong(there.people["", HERE], there, ROWS, walked)) == ""


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_everywhere_reaches_what_is_of_the_whole(there: Scene, role: str) -> None:
    whole = {row: asks for row, asks in ROWS.items() if asks.of == WHOLE}
    assert wrong(there.people[role, EVERYWHERE], there, whole, walked) == []


def test_nobody_and_a_token_in_the_address_are_sent_to_sign_in(there: Scene) -> None:
    assert wrong(None, there, ROWS, walked) == []
    for row, asks in ROWS.items():
        if row.startswith("GET") and asks.of not in (EVERYBODY, NOBODY):
            named = {"token": there.token, "access_token": there.token, "key": there.token}
            path = path_of(PAGES[row.split()[1]], there)
            assert asked(Client(), "get", path, data=named).outcome == SIGNED_OUT, row


def test_another_site_s_page_posts_nothing(there: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(there.people["admin", EVERYWHERE])
    for row in ROWS:
        if row.startswith("POST"):
            path = path_of(PAGES[row.split()[1]], there)
            with rolled_back():
                assert client.post(path, headers=OTHER_SITE).status_code == 403, row


def test_an_address_knows_no_other_methods_than_its_rows(there: Scene) -> None:
    client = client_of(there.people["admin", EVERYWHERE])
    for name, address in PAGES.items():
        for method in ("GET", "POST", "PUT", "DELETE"):
            if f"{method} {name}" not in ROWS and f"{method} {name}" not in TAKES_FORMS_THAT_SAY_NOTHING:
                with rolled_back():
                    answer = getattr(client, method.lower())(path_of(address, there))
                    closed = 404 if f"GET {name}" in ROWS and ROWS[f"GET {name}"].of == NOBODY else 405
                    assert answer.status_code == closed, (method, name, answer.status_code)


TAKES_FORMS_THAT_SAY_NOTHING = {"POST settings_sessions"}


def test_pages_of_the_own_account_are_for_whoever_signed_in(there: Scene) -> None:
    for address in OF_THE_ACCOUNT:
        got = asked(Client(), "get", path_of(address, there)).outcome
        assert (got == SIGNED_OUT) or address.name in ENTRANCES, f"{address.name}: {got}; add it to ENTRANCES if meant"


def test_the_admin_site_asks_the_same_table(there: Scene) -> None:
    """Nothing without `staff`; with it what the role may see, and a form only where it may change."""
    for model, browser in admin.site._registry.items():
        assert isinstance(browser, admin_site.Asking), f"{model.__name__} asks no permission in the admin site"
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for role in Role:
            person = there.people[role.value, EVERYWHERE]
            access = held_by(person)
            with rolled_back():
                assert asked(client_of(person), "get", reverse(f"{place}_changelist")).outcome != OPEN
                person.is_staff = True
                person.save()
                client = client_of(person)
                may_see = OPEN if access.can(browser.seen_with, None) else REFUSED
                assert asked(client, "get", reverse(f"{place}_changelist")).outcome == may_see, (place, role)
                if not (browser.changed_with and access.can(browser.changed_with, None)):
                    assert asked(client, "get", reverse(f"{place}_add")).outcome == REFUSED, (place, role)
                    assert asked(client, "post", reverse(f"{place}_add")).outcome == REFUSED, (place, role)
                person.is_staff = False
    for name in ("admin:index", "admin:jsi18n", "admin:password_change"):
        assert asked(Client(), "get", reverse(name)).outcome != OPEN, name


@pytest.mark.parametrize("where", [HERE, STAGING, EVERYWHERE])
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_subscription_asks_as_the_page_does(there: Scene, role: str, where: str) -> None:
    client = client_of(there.people[role, where])
    verdict = _judge({"session": client.session, "client": ("127.0.0.1", 1)}, there.run.pk, asked=True)
    assert isinstance(verdict, Admitted) is (where != STAGING)


def test_nobody_subscribes(there: Scene) -> None:
    for person in (None, there.people["", HERE]):
        verdict = _judge({"session": client_of(person).session, "client": ("127.0.0.1", 1)}, there.run.pk, asked=True)
        assert not isinstance(verdict, Admitted)
