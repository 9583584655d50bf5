"""The role matrix at the API's door: every operation of the OpenAPI document, for every role, here and elsewhere.

What each operation asks for is declared once below; who holds that is the one table in `selectors/access.py`. A new
operation fails this test until it is declared.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.selectors.access import TABLE, Permission
from migrations_app.services.actor import Actor
from tests.api.door import Answer, Door, browser
from tests.api.stage import Stage, ran
from tests.cast import NOW, actor_of
from tests.doors.api_rows import API_ROWS

pytestmark = pytest.mark.django_db(transaction=True)
P = Permission
PAST = "2020-01-01T00:00:00Z"
ZEROS = "0" * 64
COMMENT = {"digest": ZEROS, "decision": "comment", "comment": "x"}
HERE = {"environment_id": "{environment_id}"}
CHANNEL = {"name": "on call", "kind": "mail", "address": "ops@example.org"}
RULE = {"name": "failures", "cause": "run_failed"}
HOOK = {"name": "hook", "address": "https://127.0.0.1:1/", "kinds": ["run.failed"]}
SECRET = {"name": "billing", "secret": "correct horse"}
DOCUMENT = json.loads((Path(__file__).parent / "openapi.json").read_text())


@dataclass(frozen=True)
class Asks:
    """`of`: a thing of the environment, hidden from whoever may not see it; or the installation as a whole, or one's
    own things, or a list that leaves out what one may not see."""

    permission: Permission
    of: str = "thing"
    body: Any = None


OWN, LIST, WHOLE = "own", "list", "whole"
ASKS: dict[str, Asks] = {
    "GET /alert-channels": Asks(P.MANAGE_ALERTS, LIST),
    "POST /alert-channels": Asks(P.MANAGE_ALERTS, WHOLE, {"name": "", "kind": "mail"}),
    "GET /alert-channels/{alert_channel_id}": Asks(P.MANAGE_ALERTS, LIST),
    "PATCH /alert-channels/{alert_channel_id}": Asks(P.MANAGE_ALERTS, WHOLE, {"name": "x"}),
    "POST /alert-channels/{alert_channel_id}/test": Asks(P.MANAGE_ALERTS, WHOLE),
    "GET /alert-rules": Asks(P.MANAGE_ALERTS, LIST),
    "POST /alert-rules": Asks(P.MANAGE_ALERTS, body={**HERE, "name": "", "cause": "", "channels": []}),
    "GET /alert-rules/{alert_rule_id}": Asks(P.MANAGE_ALERTS),
    "PATCH /alert-rules/{alert_rule_id}": Asks(P.MANAGE_ALERTS, body={"archived": False}),
    "POST /alert-rules/{alert_rule_id}/test": Asks(P.MANAGE_ALERTS),
    "GET /alerts": Asks(P.VIEW, OWN),
    "GET /audit": Asks(P.READ_AUDIT, LIST),
    "GET /audit/checkpoints": Asks(P.READ_AUDIT, LIST),
    "GET /audit/export": Asks(P.READ_AUDIT, LIST),
    "GET /audit/verify": Asks(P.READ_AUDIT, LIST),
    "POST /audit/verify": Asks(P.VERIFY_AUDIT, WHOLE),
    "GET /environments": Asks(P.VIEW, OWN),
    "POST /environments": Asks(P.MANAGE_ENVIRONMENTS, WHOLE, {"name": "", "position": 1}),
    "GET /environments/{environment_id}": Asks(P.VIEW),
    "PATCH /environments/{environment_id}": Asks(P.MANAGE_ENVIRONMENTS, body={"description": "x"}),
    "GET /freezes": Asks(P.VIEW, OWN),
    "POST /freezes": Asks(
        P.MANAGE_ENVIRONMENTS,
        body={**HERE, "reason": "", "ends_at": PAST},
    ),
    "GET /invitations": Asks(P.MANAGE_PEOPLE, LIST),
    "POST /invitations": Asks(P.MANAGE_PEOPLE, body={**HERE, "email": "x", "role": "viewer"}),
    "GET /lockouts": Asks(P.MANAGE_PEOPLE, WHOLE),
    "GET /migration-types": Asks(P.VIEW, OWN),
    "GET /migrations": Asks(P.VIEW, OWN),
    "POST /migrations": Asks(P.AUTHOR, body={"environment_id": "{environment_id}", "title": ""}),
    "GET /migrations/{migration_id}": Asks(P.VIEW),
    "PATCH /migrations/{migration_id}": Asks(P.AUTHOR, body={"version": 1, "title": "New"}),
    "POST /migrations/{migration_id}/archive": Asks(P.AUTHOR),
    "GET /migrations/{migration_id}/break-glass": Asks(P.VIEW),
    "POST /migrations/{migration_id}/break-glass": Asks(P.BREAK_GLASS, body={"digest": ZEROS, "reason": "x"}),
    "POST /migrations/{migration_id}/break-glass/{item_id}/close": Asks(P.SIGN, body={"comment": "x"}),
    "POST /migrations/{migration_id}/cancel": Asks(P.AUTHOR, body={"reason": "x"}),
    "POST /migrations/{migration_id}/clone": Asks(P.AUTHOR),
    "GET /migrations/{migration_id}/comparison": Asks(P.VIEW),
    "POST /migrations/{migration_id}/dependencies": Asks(P.AUTHOR, body={"predecessor_id": "{other_id}"}),
    "DELETE /migrations/{migration_id}/dependencies/{predecessor_id}": Asks(P.EXECUTE),
    "POST /migrations/{migration_id}/execute": Asks(P.EXECUTE, body={"digest": ZEROS}),
    "GET /migrations/{migration_id}/export": Asks(P.VIEW),
    "GET /migrations/{migration_id}/keeping": Asks(P.VIEW),
    "PATCH /migrations/{migration_id}/keeping": Asks(P.AUTHOR, body={"ticket": "x"}),
    "GET /migrations/{migration_id}/plan": Asks(P.VIEW),
    "POST /migrations/{migration_id}/plan": Asks(P.AUTHOR),
    "GET /migrations/{migration_id}/promotion": Asks(P.VIEW),
    "GET /migrations/{migration_id}/related": Asks(P.VIEW),
    "POST /migrations/{migration_id}/restore": Asks(P.AUTHOR),
    "POST /migrations/{migration_id}/reviews": Asks(
        P.COMMENT, body={"digest": ZEROS, "decision": "comment", "comment": "x"}
    ),
    "POST /migrations/{migration_id}/rollback": Asks(P.ROLL_BACK),
    "POST /migrations/{migration_id}/schedule": Asks(P.EXECUTE, body={"timing": "once", "at": PAST}),
    "GET /migrations/{migration_id}/status": Asks(P.VIEW),
    "POST /migrations/{migration_id}/submit": Asks(P.AUTHOR, body={"digest": ZEROS}),
    "POST /migrations/{migration_id}/unwatch": Asks(P.VIEW),
    "POST /migrations/{migration_id}/validate": Asks(P.VALIDATE),
    "GET /migrations/{migration_id}/waivers": Asks(P.VIEW),
    "POST /migrations/{migration_id}/waivers": Asks(
        P.WAIVE_RISK, body={"digest": ZEROS, "rule": "x", "reason": "x", "until": PAST}
    ),
    "POST /migrations/{migration_id}/watch": Asks(P.VIEW),
    "POST /migrations/{migration_id}/withdraw": Asks(P.AUTHOR),
    "GET /policies": Asks(P.VIEW, OWN),
    "POST /policies": Asks(P.MANAGE_POLICIES, WHOLE, {"name": "", "requirements": []}),
    "POST /routes": Asks(P.MANAGE_TARGETS, body={"name": "r", "target_id": "{target_id}"}),
    "GET /runs": Asks(P.VIEW, OWN),
    "GET /runs/{run_id}": Asks(P.VIEW),
    "GET /runs/{run_id}/stream": Asks(P.VIEW),
    "POST /runs/{run_id}/abort": Asks(P.CONTROL),
    "POST /runs/{run_id}/cancel": Asks(P.CONTROL),
    "POST /runs/{run_id}/cutover": Asks(P.CONTROL),
    "GET /runs/{run_id}/events": Asks(P.VIEW),
    "GET /runs/{run_id}/impact": Asks(P.VIEW),
    "POST /runs/{run_id}/pause": Asks(P.CONTROL),
    "POST /runs/{run_id}/postpone": Asks(P.CONTROL),
    "GET /runs/{run_id}/rejected": Asks(P.CONTROL),
    "GET /runs/{run_id}/report": Asks(P.VIEW),
    "GET /runs/{run_id}/report/deliveries": Asks(P.VIEW),
    "GET /runs/{run_id}/report/files": Asks(P.VIEW),
    "POST /runs/{run_id}/report/files": Asks(P.VIEW, body={"format": "pdf"}),
    "GET /runs/{run_id}/report/files/{file_id}": Asks(P.VIEW),
    "GET /runs/{run_id}/report/receivers": Asks(P.VIEW),
    "POST /runs/{run_id}/report/send": Asks(P.CONTROL, body={"channels": [1]}),
    "POST /runs/{run_id}/resume": Asks(P.CONTROL),
    "POST /runs/{run_id}/retry": Asks(P.CONTROL),
    "POST /runs/{run_id}/signoffs": Asks(P.SIGN_OFF, body={"step": "x", "digest": ZEROS, "decision": "approve"}),
    "POST /runs/{run_id}/throttle": Asks(P.CONTROL, body={"most_a_second": 5}),
    "GET /schedules": Asks(P.VIEW, OWN),
    "GET /secrets": Asks(P.VIEW, OWN),
    "POST /secrets": Asks(P.MANAGE_SECRETS, body={**HERE, "name": "", "secret": ""}),
    "GET /secrets/{stored_secret_id}": Asks(P.VIEW),
    "POST /secrets/{stored_secret_id}/archive": Asks(P.MANAGE_SECRETS, body={"version": 1}),
    "POST /secrets/{stored_secret_id}/replace": Asks(P.MANAGE_SECRETS, body={"version": 1, "secret": "x"}),
    "POST /secrets/{stored_secret_id}/restore": Asks(P.MANAGE_SECRETS),
    "GET /search": Asks(P.VIEW, OWN),
    "GET /sessions": Asks(P.VIEW, OWN),
    "POST /sessions/revoke-others": Asks(P.VIEW, OWN),
    "GET /targets": Asks(P.VIEW, OWN),
    "POST /targets": Asks(P.MANAGE_TARGETS, body={"environment_id": "{environment_id}", "name": "", "config": {}}),
    "GET /targets/{target_id}": Asks(P.VIEW),
    "PATCH /targets/{target_id}": Asks(P.MANAGE_TARGETS, body={"version": 1}),
    "POST /targets/{target_id}/test": Asks(P.TEST_TARGET),
    "GET /tokens": Asks(P.VIEW, OWN),
    "POST /tokens": Asks(P.VIEW, OWN, {"name": "", "scopes": []}),
    "GET /trends": Asks(P.VIEW, OWN),
    "GET /webhooks": Asks(P.MANAGE_WEBHOOKS, LIST),
    "POST /webhooks": Asks(P.MANAGE_WEBHOOKS, body={**HERE, "name": "", "address": "", "kinds": []}),
    "GET /webhooks/{webhook_id}": Asks(P.MANAGE_WEBHOOKS),
    "PATCH /webhooks/{webhook_id}": Asks(P.MANAGE_WEBHOOKS, body={"enabled": True}),
    "GET /webhooks/{webhook_id}/deliveries": Asks(P.MANAGE_WEBHOOKS),
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": Asks(P.MANAGE_WEBHOOKS),
    "POST /webhooks/{webhook_id}/rotate": Asks(P.MANAGE_WEBHOOKS),
    "POST /webhooks/{webhook_id}/test": Asks(P.MANAGE_WEBHOOKS),
    "GET /windows": Asks(P.VIEW, OWN),
    "POST /windows": Asks(
        P.MANAGE_ENVIRONMENTS,
        body={
            "environment_id": "{environment_id}",
            "name": "",
            "zone": "UTC",
            "first": "2030-01-01T00:00:00",
            "minutes": 5,
        },
    ),
}


def operations() -> set[str]:
    methods = ("get", "post", "put", "patch", "delete")
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, offered in DOCUMENT["paths"].items()
        for method in methods
        if method in offered
    }


@pytest.fixture
def things(here: Stage) -> dict[str, int]:
    migration_id, _ = here.planned()
    other_id, _ = here.planned(title="Another")
    run = ran(here.operator.post(f"/migrations/{migration_id}/validate"))
    channel_id = here.admin.post("/alert-channels", CHANNEL).body["id"]
    rule = RULE | {"channels": [channel_id], "environment_id": here.environment.pk}
    return {
        "environment_id": here.environment.pk,
        "migration_id": migration_id,
        "other_id": other_id,
        "predecessor_id": other_id,
        "run_id": run.pk,
        "target_id": here.source,
        "item_id": 1,
        "delivery_id": 1,
        "file_id": 1,
        "alert_channel_id": channel_id,
        "alert_rule_id": here.admin.post("/alert-rules", rule).body["id"],
        "stored_secret_id": here.admin.post("/secrets", SECRET | {"environment_id": here.environment.pk}).body["id"],
        "webhook_id": here.admin.post("/webhooks", HOOK | {"environment_id": here.environment.pk}).body["id"],
    }


def person(name: str, role: Role | None, environment: Environment | None) -> Actor:
    made = Person.objects.create_user(name, f"{name}@example.org", "correct horse battery staple")
    if role is not None:
        RoleGrant.objects.create(person=made, role=role, environment=environment, granted_at=NOW)
    return actor_of(made, NOW)


def called(door: Door, operation: str, things: dict[str, int]) -> Answer:
    method, path = operation.split(" ")
    body = ASKS[operation].body
    filled = {
        name: things[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in (body or {}).items()
    }
    content = b"" if body is None else json.dumps(filled).encode()
    if method == "GET":
        return door.get(path.format(**things))
    return door.send(method.lower(), path.format(**things), content)


def wrong(operation: str, answer: Answer, *, may: bool, sees: bool) -> str:
    """What is wrong with the answer, '' when it is as the table says."""
    asked = ASKS[operation]
    code = answer.code if answer.status >= 400 else ""
    if answer.status >= 500:
        return f"{operation}: {answer.status}"
    if asked.of == OWN or may:
        return f"{operation}: refused with {code}" if code in ("permission_denied", "unauthorized") else ""
    if asked.of == "thing" and not sees:
        return "" if answer.status == 404 else f"{operation}: {answer.status} {code} tells that the thing is there"
    return "" if (answer.status, code) == (403, "permission_denied") else f"{operation}: {answer.status} {code}"


def test_every_operation_says_what_it_asks_for() -> None:
    """Here, or where things stand that take more than a request to make."""
    assert operations() == set(ASKS) | set(API_ROWS)
    assert not set(ASKS) & set(API_ROWS)


@pytest.mark.parametrize("role", [*Role, None])
def test_who_may_do_what_here(here: Stage, things: dict[str, int], role: Role | None) -> None:
    door = browser(person("somebody", role, here.environment))
    found = [
        wrong(
            operation,
            called(door, operation, things),
            may=role in TABLE[asks.permission][0] and asks.of != WHOLE,
            sees=role is not None,
        )
        for operation, asks in ASKS.items()
    ]
    assert not list(filter(None, found))


@pytest.mark.parametrize("role", list(Role))
def test_a_role_in_another_environment_opens_nothing_here(
    here: Stage, things: dict[str, int], staging: Environment, role: Role
) -> None:
    door = browser(person("somebody", role, staging))
    found = [
        wrong(operation, called(door, operation, things), may=False, sees=False)
        for operation, asks in ASKS.items()
        if asks.of != LIST  # which holds the other environment's things then, and nothing of this one
    ]
    assert not list(filter(None, found))
    for path in ("/migrations", "/runs", "/targets"):
        assert door.get(path).body["items"] == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_everywhere_reaches_the_installation_as_a_whole(here: Stage, things: dict[str, int], role: Role) -> None:
    door = browser(person("somebody", role, None))
    found = [
        wrong(operation, called(door, operation, things), may=role in TABLE[asks.permission][0], sees=True)
        for operation, asks in ASKS.items()
        if asks.of == WHOLE
    ]
    assert not list(filter(None, found))


def test_nobody_and_a_token_in_the_address_are_told_to_come_in(here: Stage, things: dict[str, int]) -> None:
    clear = here.operator.headers["Authorization"].removeprefix("Bearer ")
    for operation in sorted(ASKS):
        assert called(Door(Client()), operation, things).status == 401, operation
    for name in ("token", "access_token", "key"):
        assert Door(Client()).get("/migrations", **{name: clear}).status == 401


def test_another_site_s_page_changes_nothing(here: Stage, things: dict[str, int], operator: Actor) -> None:
    """The browser sends the cookies along; the token of the form it cannot know."""
    door = browser(operator)
    stranger = Door(door.client, {"Origin": "https://elsewhere.example"})
    for operation in sorted(ASKS):
        if not operation.startswith("GET"):
            assert called(stranger, operation, things).status == 403, operation
