"""Waivers over the API: programs look, people waive."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.models import Environment, RiskWaiver
from migrations_app.services.actor import Actor
from tests.api.door import browser, program
from tests.api.stage import stage
from tests.waiving import RULE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def risky(tmp_path: Path, operator: Actor, admin: Actor, staging: Environment) -> tuple[int, str]:
    here = stage(tmp_path, operator, admin, staging)
    options = {"batch_size": 10, "parallel_workers": 1, "cleanup_source": True}
    return here.planned(options=options)


def waiver(digest: str, **changes: Any) -> dict[str, Any]:
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    return {"digest": digest, "rule": RULE, "reason": "There is a copy.", "until": until} | changes


def test_the_risk_says_what_adds_up_to_what(risky: tuple[int, str], viewer: Actor) -> None:
    number, _ = risky
    risk = program(viewer).get(f"/migrations/{number}").body["risk"]
    weights = [finding["weight"] for finding in risk["findings"]]

    assert risk["added"] == sum(weight for weight in weights if weight > 0)
    assert risk["added"] - risk["credited"] == risk["total"] == risk["score"]
    assert (risk["clamped"], risk["waived"]) == (False, 0)
    assert risk["explanation"].endswith(f"{risk['score']} of 100 is {risk['level']}.")


def test_a_person_waives_and_anybody_who_could_withdraws(
    risky: tuple[int, str], approver: Actor, admin: Actor, viewer: Actor
) -> None:
    number, digest = risky
    path = f"/migrations/{number}/waivers"
    before = program(viewer).get(f"/migrations/{number}").body["risk"]["score"]
    given = browser(approver).post(path, waiver(digest))
    assert given.status == 201, given.content
    assert (given.body["risk"]["score"], given.body["risk"]["assessed_score"]) == (before - 10, before)

    (listed,) = program(viewer).get(path).body["items"]
    assert (listed["id"], listed["counts"], listed["username"]) == (given.body["waiver"], True, "approver")
    withdrawn = browser(admin).post(f"{path}/{listed['id']}/withdraw")
    assert withdrawn.status == 200, withdrawn.content
    assert withdrawn.body["risk"]["score"] == before
    (listed,) = program(viewer).get(path).body["items"]
    assert (listed["counts"], listed["why_ended"], listed["ended_by"]) == (False, "it was withdrawn", "admin")


def test_a_token_waives_nothing_and_is_told_where_a_person_can(risky: tuple[int, str], approver: Actor) -> None:
    number, digest = risky
    answer = program(approver).post(f"/migrations/{number}/waivers", waiver(digest))
    assert (answer.status, answer.code) == (403, "sign_in_required")
    assert answer.body["url"] == f"http://testserver/migrations/{number}/"
    assert program(approver).post(f"/migrations/{number}/waivers/1/withdraw").code == "sign_in_required"
    assert not RiskWaiver.objects.exists()


def test_refusals_say_what_is_wrong(risky: tuple[int, str], approver: Actor, viewer: Actor, outsider: Actor) -> None:
    number, digest = risky
    path, door = f"/migrations/{number}/waivers", browser(approver)
    too_long = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    wrong = door.post(path, waiver(digest, rule="verification", reason="", until=too_long))
    assert (wrong.status, wrong.fields) == (422, {"rule", "reason", "until"})
    assert door.post(path, waiver("0" * 64)).code == "digest_changed"
    assert browser(viewer).post(path, waiver(digest)).code == "permission_denied"
    assert program(outsider).get(path).status == 404
    assert door.post(f"{path}/99/withdraw").status == 404
    assert door.post(path, waiver(digest)).status == 201
    assert door.post(path, waiver(digest)).code == "already_waived"


def test_a_session_without_a_fresh_proof_has_to_give_one(risky: tuple[int, str], approver: Actor) -> None:
    number, digest = risky
    door = browser(approver)
    session = door.client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    answer = door.post(f"/migrations/{number}/waivers", waiver(digest))
    assert (answer.status, answer.code) == (403, "step_up_required")
    assert not RiskWaiver.objects.exists()


def test_the_plan_explains_its_assessment(risky: tuple[int, str], operator: Actor) -> None:
    number, _ = risky
    assessment = program(operator).post(f"/migrations/{number}/plan").body["risk_assessment"]

    assert assessment["added"] - assessment["credited"] == assessment["total"] == assessment["score"]
    assert f"{assessment['score']} of 100 is {assessment['level']}" in assessment["explanation"]
