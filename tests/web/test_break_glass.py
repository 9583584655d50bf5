"""Breaking the glass on the pages: read back, proven, kept in sight until somebody else has closed it."""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.http import HttpResponse
from django.test import Client

from migrations_app.models import BreakGlass, Environment, Person, Run
from migrations_app.services.actor import Actor
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest
from tests.web.door import five_minutes_later, opened_form, shown_again, signed_in

REASON = "Logins fail; the old store is full."


def posted(migration_id: int, digest: str, client: Client, **changes: str) -> HttpResponse:
    given = {"digest": digest, "read_back": digest[:4], "reason": REASON}
    return client.post(f"/migrations/{migration_id}/break-glass/", {**given, **changes})


@pytest.fixture
def planned(stage: Stage) -> tuple[int, str]:
    migration = stage.planned()
    return migration.pk, newest(migration).digest


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_is_read_back_started_seen_everywhere_and_closed_by_another(planned: tuple[int, str]) -> None:
    number, digest = planned
    client, path = signed_in("operator"), f"/migrations/{number}/break-glass/"
    assert f'href="{path}"' in text_of(client, f"/migrations/{number}/")
    asked = text_of(client, path)
    assert "1 more approval is needed." in asked
    assert "No dry run of this plan has passed." in asked
    for wrong in ({"reason": "because"}, {"read_back": "zzzz"}):
        refused = posted(number, digest, client, **wrong)
        assert refused.status_code == 422
        assert refused.content.decode().count(" autofocus") == 1
    assert not Run.objects.exists()

    assert posted(number, digest, client)["Location"] == f"/runs/{Run.objects.get().pk}/"

    item = BreakGlass.objects.get()
    review_item = f'href="/migrations/{number}/#break-glass-{item.pk}"'
    for page in (f"/runs/{item.run_id}/", f"/runs/{item.run_id}/report/"):
        told = text_of(signed_in("viewer"), page)
        assert "Started by break-glass, still open." in told
        assert "operator started it" in told
        assert f"Why: <q>{REASON}</q>" in told
        assert "1 more approval is needed." in told
        assert review_item in told
    mine = text_of(client, f"/migrations/{number}/")
    assert "You cannot close it: you started it; somebody else has to look at it." in mine
    assert REASON in mine
    approver = signed_in("approver")
    assert f'href="/migrations/{number}/#break-glass-{item.pk}"' in text_of(approver, "/")
    assert "Look at it and close it." in text_of(approver, "/inbox/")
    closing = f"/migrations/{number}/break-glass/{item.pk}/close/"
    assert f'action="{closing}"' in text_of(approver, f"/migrations/{number}/")
    five_minutes_later(approver)
    asked = approver.post(closing, {"comment": "It was right."})
    assert BreakGlass.objects.get().closed_at is None
    assert "Closed, with your comment." in shown_again(approver, asked).content.decode()
    assert "“It was right.”" in text_of(client, f"/migrations/{number}/")
    told = text_of(client, f"/runs/{item.run_id}/")
    assert "Started by break-glass." in told
    assert "approver looked at it" in told
    assert "Break-glass, still open" not in text_of(approver, "/")


@pytest.mark.django_db
def test_whoever_may_not_is_told_why_and_not_shown_the_way(planned: tuple[int, str]) -> None:
    number, _ = planned
    client = signed_in("approver")
    assert "break-glass/" not in text_of(client, f"/migrations/{number}/")
    assert "You are no operator of staging" in text_of(client, f"/migrations/{number}/break-glass/")


@pytest.mark.django_db
def test_an_old_proof_is_given_anew_first(planned: tuple[int, str]) -> None:
    number, _ = planned
    client = signed_in("operator")
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    answer = client.get(f"/migrations/{number}/break-glass/")
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")


@pytest.mark.django_db(transaction=True)
def test_a_protected_environment_asks_for_the_second_factor(production_stage: Stage, cast: Cast) -> None:
    migration = production_stage.planned()
    number, digest = migration.pk, newest(migration).digest
    path = f"/migrations/{number}/break-glass/"
    client = signed_in("operator")
    assert "this takes a second factor, and you have none" in text_of(client, path)
    assert posted(number, digest, client).status_code == 422

    secret = generate_totp_secret()
    TOTP.activate(Person.objects.get(username="operator"), secret)
    asked = client.get(path)
    assert asked["Location"] == f"/accounts/2fa/reauthenticate/?next=%2Fmigrations%2F{number}%2Fbreak-glass%2F"
    code = f"{hotp_value(secret, int(time.time()) // 30):06}"
    proven = client.post(asked["Location"], {"code": code, "next": path})
    assert proven["Location"] == path, proven.content
    assert posted(number, digest, client)["Location"].startswith("/runs/")
    assert BreakGlass.objects.get().run.state == "queued"


@pytest.mark.django_db
def test_an_admin_switches_it_off_on_the_form(stage: Stage, admin: Actor) -> None:
    client = signed_in("admin")
    form = f"/environments/{stage.environment.pk}/edit/"
    assert 'name="break_glass_allowed" value="on" checked' in text_of(client, form)
    client.post(form, {**opened_form(client, form), "description": "quiet"})
    assert not Environment.objects.get(pk=stage.environment.pk).break_glass_allowed
    assert "Nobody breaks the glass here." in text_of(client, f"/environments/{stage.environment.pk}/")
    made = client.post("/environments/new/", {"name": "lab", "break_glass_allowed": "on"})
    assert Environment.objects.get(name="lab").break_glass_allowed, made.content
