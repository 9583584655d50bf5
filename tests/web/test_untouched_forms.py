"""A form that is saved as it was opened changes nothing; what no form ever shows is typed again or stays."""

import html
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Model
from django.test import Client

from migrations_app.models import (
    ApiToken,
    AuditEntry,
    Environment,
    MaintenanceWindow,
    Migration,
    Policy,
    PolicyVersion,
    RoleGrant,
    StoredSecret,
    Webhook,
)
from migrations_app.runtime import secrets as vault
from migrations_app.runtime import webhooks as outgoing_secrets
from migrations_app.services import alert_channels, keeping, stored_secrets, targets, tokens
from migrations_app.services.actor import Actor
from tests.stores_on_disk import Stage
from tests.web.door import untouched
from tests.web.edited_forms import cases, typed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_what_is_sealed_is_asked_for_again_and_never_taken_for_saved(
    stage: Stage, admin: Actor, admin_too: Client
) -> None:
    """One's own two tabs, each with a value of its own: nobody can tell that the second is not the first."""
    found, make = cases(stage, admin), {"actor": admin, "now": datetime.now(UTC)}
    secret = stored_secrets.create(**make, environment_id=stage.environment.pk, name="pepper", secret="from before")
    channel = alert_channels.create(**make, name="room", kind="apprise", address="json://127.0.0.1/from-before")
    sealed = {
        f"/settings/secrets/{secret}/replace/": ("secret", "New value", "value-{}-of-it"),
        found["webhook"].path: ("address", "Address", "https://127.0.0.1:1/value-{}-of-it"),
        f"/settings/alerts/channels/{channel}/": ("address", "New address", "json://127.0.0.1/value-{}-of-it"),
        found["target"].path: ("secrets.password", "Password", "value-{}-of-it"),
    }
    for path, (name, words, value) in sealed.items():
        first, second = (untouched(admin_too.get(path).content) for _ in range(2))
        assert admin_too.post(path, first | {name: value.format("one")}).status_code == 302, path

        answer = admin_too.post(path, second | {name: value.format("two")})

        assert answer.status_code == 409, path
        text = html.unescape(answer.content.decode())
        assert "You have saved this elsewhere" in text, path
        assert f"has to be entered again: {words}." in text, path
        assert "all of it is still below" not in text, path
        assert "value-two" not in text, path
        again = untouched(answer.content)
        assert again.get(name) in ([""], None), path
        assert admin_too.post(path, again | {name: value.format("two")}).status_code == 302, path
    assert vault.reveal_named(StoredSecret.objects.get()) == "value-two-of-it"
    hook = found["webhook"].path.split("/")[-2]
    assert outgoing_secrets.secrets_of(f"webhook:{hook}")["address"] == "https://127.0.0.1:1/value-two-of-it"


def test_what_has_to_be_entered_again_is_named_as_the_form_does(stage: Stage, admin: Actor, admin_too: Client) -> None:
    """What is stored as a password is a cookie of a node, and a tick that removes one is a tick."""
    wish = {"name": "node", "kind": "session_store", "config": {"store": "beam", "node": "snakepit@h"}}
    make = {"actor": admin, "now": datetime.now(UTC), "environment_id": stage.environment.pk}
    path = f"/targets/{targets.create(**make, **wish, secrets={'password': 'crumbs'})}/edit/"
    mine = untouched(admin_too.get(path).content)
    assert admin_too.post(path, mine | {"secrets.password": "newer-crumbs"}).status_code == 302

    sealed = {"secrets.password": "late-crumbs", "secrets.gateway_token": "late-token", "remove.password": "1"}
    said = html.unescape(admin_too.post(path, mine | sealed).content.decode())

    assert "has to be entered again: Cookie, Token of the gateway, Remove the password." in said


def test_a_form_that_nobody_has_touched_changes_nothing(
    stage: Stage, admin: Actor, admin_too: Client, now: datetime
) -> None:
    """Neither the thing, nor its version, nor the trail: whoever looks at a form and saves it has decided nothing."""
    found = cases(stage, admin)
    own, make = Policy.objects.get(name="Plans in staging"), {"actor": admin, "now": datetime.now(UTC)}
    until = make["now"] + timedelta(days=30)
    token = tokens.create(**make, name="pipeline", scopes=["read"], expires_at=until, networks=["10.0.0.0/8"]).id
    secret = stored_secrets.create(**make, environment_id=stage.environment.pk, name="pepper", secret="from before")
    lost = stage.migration(title="Of somebody who left")
    keeping.describe(actor=stage.operator, now=now, migration_id=lost.pk, owner="auditor", ticket="OPS-1")
    RoleGrant.objects.filter(person__username="auditor").delete()
    forms: dict[str, type[Model]] = {
        found["window"].path: MaintenanceWindow,
        found["webhook"].path: Webhook,
        found["environment"].path: Environment,
        found["keeping"].path: Migration,
        f"/migrations/{lost.pk}/keeping/": Migration,
        f"/policies/{own.pk}/edit/": PolicyVersion,
        f"/settings/tokens/{token}/": ApiToken,
        f"/settings/secrets/{secret}/replace/": StoredSecret,
    }
    for path, model in forms.items():
        before, entries = list(model.objects.order_by("pk").values()), edits()
        form = untouched(admin_too.get(path).content)

        answer = admin_too.post(path, form)

        assert answer.status_code in (302, 422), path
        assert list(model.objects.order_by("pk").values()) == before, path
        assert edits() == entries, path
        assert typed_in(untouched(admin_too.get(path).content)) == typed_in(form), path


def edits() -> int:
    return AuditEntry.objects.filter(outcome="allowed").count()
