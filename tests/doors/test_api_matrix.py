"""The role matrix at the API for what only the scene has; tests/api/test_role_matrix.py has the other operations."""

import json
from typing import Any

import pytest
from django.test import Client

from migrations_app.engine.vocabulary import Role
from tests.doors.api_rows import API_ROWS, DOCUMENT, page_of
from tests.doors.furnishing import numbers_for
from tests.doors.judging import wrong
from tests.doors.rows import WHOLE
from tests.doors.scene import ELSEWHERE, EVERYWHERE, HERE, Scene, rolled_back
from tests.doors.walking import OTHER_SITE, SIGNED_OUT, Answered, asked

pytestmark = pytest.mark.django_db
IMPORTED = """
apiVersion: snakeweb/v1
kind: Migration
metadata: {title: Move, environment: production}
spec: {type: session_migration, targets: {source: sessions-source, target: sessions-target}}
"""


def request(there: Scene, row: str) -> tuple[str, str, dict[str, Any]]:
    method, path = row.split()
    sent, content_type = API_ROWS[row].sent, "application/json"
    known = {key: there.numbers[value[1:-1]] for key, value in sent.items() if str(value).startswith("{")}
    text = IMPORTED if API_ROWS[row].of == DOCUMENT else json.dumps({**sent, **known})
    if API_ROWS[row].of == DOCUMENT:
        content_type = "application/yaml"
    more = {} if method == "GET" else {"data": text, "content_type": content_type}
    return method, "/api/v1" + path.format(**numbers_for(page_of(path), there.numbers)), more


def walked(client: Client, there: Scene, row: str) -> Answered:
    method, path, more = request(there, row)
    return asked(client, method, path, **more)


@pytest.mark.parametrize("where", [HERE, ELSEWHERE])
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_who_may_do_what_in_production(there: Scene, role: str, where: str) -> None:
    assert "; ".join(wrong(there.people[role, where], there, API_ROWS, walked)) == ""


def test_without_a_role_everything_of_others_is_closed(there: Scene) -> None:
    assert "; ".join(wrong(there.people["", HERE], there, API_ROWS, walked)) == ""


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_everywhere_reaches_what_is_of_the_whole(there: Scene, role: str) -> None:
    whole = {row: asks for row, asks in API_ROWS.items() if asks.of == WHOLE}
    assert wrong(there.people[role, EVERYWHERE], there, whole, walked) == []


def test_nobody_and_a_token_in_the_address_are_told_to_come_in(there: Scene) -> None:
    for row in API_ROWS:
        method, path, more = request(there, row)
        for address in (path, f"{path}?token={there.token}&access_token={there.token}&key={there.token}"):
            assert asked(Client(), method, address, **more).outcome == SIGNED_OUT, row


def test_another_site_s_page_changes_nothing(there: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(there.people["admin", EVERYWHERE])
    for row in API_ROWS:
        method, path, more = request(there, row)
        if method != "GET":
            with rolled_back():
                answer = getattr(client, method.lower())(path, headers=OTHER_SITE, **more)
                assert answer.status_code == 403, row
