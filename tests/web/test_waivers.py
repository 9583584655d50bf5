"""Waiving and withdrawing from the page of a migration, and what everybody sees of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.models import Migration, RiskWaiver, RoleGrant
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest
from tests.waiving import RULE, TITLE, risky
from tests.web.door import signed_in


@pytest.fixture
def migration(stage: Stage) -> Migration:
    return risky(stage)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def post(client: Client, migration: Migration, **changes: str) -> int:
    given = {"digest": newest(migration).digest, "rule": RULE, "reason": "There is a copy.", "days": "7"} | changes
    return client.post(f"/migrations/{migration.pk}/waivers/new/?rule={RULE}", given).status_code


def test_a_waiver_is_given_with_its_consequences_said_and_seen_by_everybody(migration: Migration) -> None:
    approver, path = signed_in("approver"), f"/migrations/{migration.pk}/"
    assert f'href="{path}waivers/new/?rule={RULE}" aria-label="Waive: {TITLE}"' in page(approver, path)

    asked = page(approver, f"{path}waivers/new/?rule={RULE}")
    assert TITLE in asked
    assert "The finding stays on the page, struck, with your name" in asked
    assert post(approver, migration) == 302

    seen = page(signed_in("viewer"), path)
    assert f"<s>{TITLE}</s>" in seen
    assert "Waived by approver until" in seen
    assert "“There is a copy.”" in seen
    assert "1 waived finding of 10 not counted" in seen
    assert "without waivers" in seen
    assert f"waived “{TITLE}” (10) until" in seen  # on the timeline
    assert f"{path}waivers/" not in seen  # a viewer is offered nothing


def test_it_is_withdrawn_after_it_was_read_back(migration: Migration) -> None:
    post(signed_in("approver"), migration)
    number = RiskWaiver.objects.get().pk
    address = f"/migrations/{migration.pk}/waivers/{number}/withdraw/"
    admin = signed_in("admin")
    assert f'action="{address}"' in page(admin, f"/migrations/{migration.pk}/")
    asked = page(admin, address)
    assert "The finding and its weight of 10 count again" in asked
    assert RiskWaiver.objects.get().ended_at is None

    assert admin.post(address).status_code == 302
    seen = page(admin, f"/migrations/{migration.pk}/")
    assert f"<s>{TITLE}</s>" not in seen
    assert "waiver no longer counts: it was withdrawn." in seen


def test_what_cannot_be_used_is_said_at_its_field(migration: Migration) -> None:
    client = signed_in("approver")
    for changes in ({"days": "31"}, {"days": "-1"}, {"days": "0"}, {"days": ""}, {"reason": ""}, {"rule": "nothing"}):
        assert post(client, migration, **changes) == 422, changes
    assert not RiskWaiver.objects.exists()


def test_who_may_not_is_told_why(migration: Migration, cast: Cast, stage: Stage) -> None:
    path = f"/migrations/{migration.pk}/waivers/new/?rule={RULE}"
    assert "you are neither approver nor admin of staging" in page(signed_in("viewer"), path)
    RoleGrant.objects.create(person=cast.people["operator"], role="approver", granted_at=stage.now)
    assert "you wrote revision 1" in page(signed_in("operator"), path)
    assert post(signed_in("operator"), migration) == 302
    assert not RiskWaiver.objects.exists()
    assert "there is no such finding" in page(signed_in("approver"), f"/migrations/{migration.pk}/waivers/new/?rule=x")


def test_presence_is_asked_for_again_after_five_minutes(migration: Migration) -> None:
    client = signed_in("approver")
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()

    answer = client.get(f"/migrations/{migration.pk}/waivers/new/?rule={RULE}")
    assert answer.status_code == 302
    assert "/reauthenticate/" in answer["Location"]


def test_whoever_signs_sees_what_is_waived_and_by_whom(stage: Stage, migration: Migration) -> None:
    signed_in("operator").post(f"/migrations/{migration.pk}/submit/", {"digest": newest(migration).digest})
    post(signed_in("approver"), migration)
    seen = page(signed_in("second_approver"), f"/migrations/{migration.pk}/sign/")

    assert f"<s>{TITLE}</s>" in seen
    assert "Waived by approver until" in seen
    RiskWaiver.objects.update(given_at=timezone.now() - timedelta(days=8), until=timezone.now() - timedelta(days=1))
    over = page(signed_in("second_approver"), f"/migrations/{migration.pk}/sign/")
    assert f"<s>{TITLE}</s>" not in over
    assert "its time is over" in over
