"""Review over the API: tokens comment, people sign."""

from pathlib import Path

import pytest

from migrations_app.models import Environment, Signature
from migrations_app.services.actor import Actor
from tests.api.door import browser, five_minutes_later, program
from tests.api.stage import Stage, ran, stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def reviewed(tmp_path: Path, operator: Actor, admin: Actor, staging: Environment) -> tuple[Stage, int, str]:
    """In staging, where one signature is asked for: stage, migration, digest."""
    here = stage(tmp_path, operator, admin, staging)
    migration_id, digest = here.planned()
    ran(here.operator.post(f"/migrations/{migration_id}/validate"))
    submitted = here.operator.post(f"/migrations/{migration_id}/submit", {"digest": digest})
    assert submitted.body["review_state"] == "in_review", submitted.content
    return here, migration_id, digest


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_token_never_signs_and_is_told_where_a_person_can(
    reviewed: tuple[Stage, int, str], approver: Actor, decision: str
) -> None:
    _, migration_id, digest = reviewed
    review = {"digest": digest, "decision": decision, "comment": "by a program"}
    answer = program(approver).post(f"/migrations/{migration_id}/reviews", review)
    assert (answer.status, answer.code) == (403, "sign_in_required")
    assert answer.body["url"] == f"http://testserver/migrations/{migration_id}/"
    assert not Signature.objects.exists()


def test_a_token_may_comment(reviewed: tuple[Stage, int, str], approver: Actor) -> None:
    _, migration_id, digest = reviewed
    review = {"digest": digest, "decision": "comment", "comment": "the pipeline is green"}
    answer = program(approver).post(f"/migrations/{migration_id}/reviews", review)
    assert (answer.status, answer.body["review_state"]) == (200, "in_review")
    assert Signature.objects.get().comment == "the pipeline is green"


def test_a_person_who_has_just_signed_in_approves(reviewed: tuple[Stage, int, str], approver: Actor) -> None:
    here, migration_id, digest = reviewed
    answer = browser(approver).post(f"/migrations/{migration_id}/reviews", {"digest": digest, "decision": "approve"})
    assert (answer.status, answer.body["review_state"]) == (200, "approved"), answer.content
    assert answer.body["review"]["missing"] == 0
    assert here.operator.post(f"/migrations/{migration_id}/execute", {"digest": digest}).status == 202


def test_a_session_without_a_fresh_proof_has_to_give_one(reviewed: tuple[Stage, int, str], approver: Actor) -> None:
    _, migration_id, digest = reviewed
    door = browser(approver)
    five_minutes_later(door)
    answer = door.post(f"/migrations/{migration_id}/reviews", {"digest": digest, "decision": "approve"})
    assert (answer.status, answer.code) == (403, "step_up_required")
    assert answer.body["url"].endswith(f"/migrations/{migration_id}/")
    assert not Signature.objects.exists()


def test_the_author_cannot_sign(reviewed: tuple[Stage, int, str], operator: Actor) -> None:
    _, migration_id, digest = reviewed
    answer = browser(operator).post(f"/migrations/{migration_id}/reviews", {"digest": digest, "decision": "approve"})
    assert (answer.status, answer.code) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("review", "status", "code"),
    [
        ({"digest": "0" * 64, "decision": "approve"}, 409, "digest_changed"),
        ({"decision": "approve"}, 422, "invalid_input"),
        ({"digest": "", "decision": "perhaps"}, 422, "invalid_input"),
        ({"digest": "", "decision": "reject"}, 422, "invalid_input"),
    ],
)
def test_a_bad_decision_is_named(
    reviewed: tuple[Stage, int, str], approver: Actor, review: dict[str, str], status: int, code: str
) -> None:
    _, migration_id, digest = reviewed
    wish = {name: value or digest for name, value in review.items()}
    answer = browser(approver).post(f"/migrations/{migration_id}/reviews", wish)
    assert (answer.status, answer.code) == (status, code)
    assert not Signature.objects.exists()


def test_an_edit_takes_the_approval_away(reviewed: tuple[Stage, int, str], approver: Actor) -> None:
    here, migration_id, digest = reviewed
    browser(approver).post(f"/migrations/{migration_id}/reviews", {"digest": digest, "decision": "approve"})
    version = here.operator.get(f"/migrations/{migration_id}").body["version"]
    edited = here.operator.patch(f"/migrations/{migration_id}", {"version": version, "options": {"batch_size": 5}})
    assert edited.body["review_state"] == "voided"
    assert here.operator.post(f"/migrations/{migration_id}/execute", {"digest": digest}).status == 409


def test_a_plan_is_withdrawn(reviewed: tuple[Stage, int, str]) -> None:
    here, migration_id, _ = reviewed
    assert here.operator.post(f"/migrations/{migration_id}/withdraw").body["review_state"] == "not_submitted"
    assert here.operator.post(f"/migrations/{migration_id}/withdraw").status == 409
