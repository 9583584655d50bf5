"""Every denial on every HTTP door is an entry: pages, API, Django admin, forms without their token."""

import pytest
from django.test import Client

from migrations_app.models import AuditEntry, Environment, Migration, RoleGrant
from migrations_app.runtime import rates
from migrations_app.selectors.lockouts import TRIES_HERE
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def denied() -> list[tuple[str, str, str]]:
    rows = AuditEntry.objects.filter(outcome="denied").order_by("seq")
    return [(row.actor, row.action, row.object_id) for row in rows]


def test_a_page_that_one_may_not_see_is_written_once(cast):
    client = signed_in("operator")
    assert client.get("/audit/").status_code == 403

    assert denied() == [("operator", "audit.read", "")]


def test_what_is_hidden_is_a_denial_and_what_is_not_there_is_none(cast, people, now):
    RoleGrant.objects.filter(person=people["operator"]).update(environment=Environment.objects.get(name="dev"))
    secret = Environment.objects.get(name="production")
    client = signed_in("operator")

    assert client.get(f"/environments/{secret.pk}/").status_code == 404
    assert client.get("/environments/99999/").status_code == 404
    assert client.get(f"/api/v1/environments/{secret.pk}").status_code in (404, 405)
    assert Migration.objects.count() == 0
    assert denied()[0] == ("operator", "page.open", f"/environments/{secret.pk}/")
    assert all(actor == "operator" for actor, *_ in denied())


def test_a_stranger_at_the_api_is_one_entry_a_while(cast):
    for token in ("swt_wrong", "swt_other"):
        answer = Client().get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401

    assert denied() == [("anonymous", "api.call", "/api/v1/runs")]
    assert AuditEntry.objects.get().address == "127.0.0.1"


def test_a_form_without_its_token_is_a_denial(cast):
    client = signed_in("operator")
    client.handler.enforce_csrf_checks = True
    assert client.post("/targets/new/").status_code == 403

    assert denied() == [("operator", "page.open", "/targets/new/")]


def test_django_admin_writes_down_whom_it_sends_away(cast):
    assert signed_in("operator").get("/admin/").status_code == 302
    assert Client().get("/admin/").status_code == 302  # nobody knows who that is: they are asked to sign in

    assert denied() == [("operator", "admin.open", "/admin/")]


def test_what_is_refused_by_a_limit_or_a_lock_is_written_by_that_alone(cast, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"  # counted by this process
    settings.SNAKEWEB_RATE_LIMITS = dict(settings.SNAKEWEB_RATE_LIMITS) | {"api_account": "1/hour"}
    rates._of.cache_clear()
    client = signed_in("operator")
    assert [client.get("/api/v1/environments").status_code for _ in range(3)] == [200, 429, 429]
    assert denied() == [("operator", "rate_limit", "api_account")]

    for _ in range(TRIES_HERE + 2):
        Client().post("/accounts/login/", {"login": "viewer", "password": "wrong"})
    assert [action for _, action, _ in denied()] == ["rate_limit", "account.lock"]
