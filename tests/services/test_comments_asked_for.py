"""A policy may ask for a comment with each signature: versioned, asked of open reviews at once, and said everywhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from migrations_app.models import Migration, PolicyVersion, Signature
from migrations_app.selectors.migration_lists import list_migrations
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.policies import policy_page
from migrations_app.selectors.policy_replay import replay
from migrations_app.selectors.start_check import start_check
from migrations_app.selectors.statuses import plan_dict
from migrations_app.services import policies
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, InvalidInput
from tests.cast import NOW
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage, newest

pytestmark = pytest.mark.db_semantics
ONE = [{"role": "approver", "count": 1}]


def put(
    admins: tuple[Actor, Actor],
    stage: Stage,
    now: datetime,
    *,
    comment: bool = True,
    requirements: Iterable[Any] = ONE,
) -> int:
    """The next version of the environment's own policy, in force. Returns the policy's id."""
    policy = stage.environment.own_policy.pk
    terms: dict[str, Any] = {"conditions": {"scope": "named", "environments": [stage.environment.name]}}
    terms |= {"requirements": list(requirements), "comment_required": comment}
    number = policies.propose_change(actor=admins[0], now=now, policy_id=policy, **terms)
    policies.confirm(actor=admins[1], now=now, policy_id=policy, number=number)
    return int(policy)


def state(migration: Migration) -> str:
    migration.refresh_from_db()
    return str(migration.review_state)


@pytest.mark.parametrize("silence", ["", "   \n"])
def test_an_approval_without_a_comment_is_refused_at_its_field(
    stage: Stage, admins: tuple[Actor, Actor], approver: Actor, now: datetime, silence: str
) -> None:
    put(admins, stage, now)
    migration = submitted(stage)
    with pytest.raises(InvalidInput) as refused:
        sign(approver, migration, now, comment=silence)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("comment", "required")]
    assert "“Plans in staging” asks for a comment" in str(refused.value)
    assert not Signature.objects.exists()

    sign(approver, migration, now, comment="The copy is there, I looked.")
    assert state(migration) == "approved"


def test_where_no_policy_asks_for_it_nobody_has_to_say_anything(
    stage: Stage, admins: tuple[Actor, Actor], approver: Actor, now: datetime
) -> None:
    put(admins, stage, now)
    put(admins, stage, now, comment=False)
    migration = submitted(stage)

    sign(approver, migration, now)
    assert state(migration) == "approved"
    versions = policy_page(actor=approver, policy_id=stage.environment.own_policy.pk, now=NOW).versions
    assert [version.comment_required for version in versions] == [False, True, False]


def test_it_is_asked_of_open_reviews_at_once_and_a_silent_signature_is_given_again(
    stage: Stage, admins: tuple[Actor, Actor], approver: Actor, second_approver: Actor, now: datetime
) -> None:
    spoken, silent = submitted(stage), submitted(stage)
    sign(approver, spoken, now, comment="I looked.")
    sign(approver, silent, now)
    put(admins, stage, now)

    assert (state(spoken), state(silent)) == ("approved", "in_review")
    unmet = {each.code: each.message for each in start_check(silent, newest(silent), now=now).unmet}
    because = "gave no comment, which the policy “Plans in staging” asks for"
    assert unmet["signer_not_eligible"] == f"approver signed, but {because}."
    review = migration_page(actor=approver, migration_id=silent.pk, now=now).review
    assert (review.can_sign, review.comment_for, review.missing) == (True, ("Plans in staging",), 1)
    assert [row.why_not for row in review.signatures] == [because]
    listed = list_migrations(actor=approver, now=now).rows
    assert {row.id: (row.approvals, row.required_approvals) for row in listed} == {spoken.pk: (1, 1), silent.pk: (0, 1)}

    sign(approver, silent, now, comment="Now I say it.")
    assert state(silent) == "approved"
    first, second = Signature.objects.filter(migration=silent).order_by("pk")
    assert (first.voided_because, second.voided_at) == ("approver decided again", None)
    with pytest.raises(Conflict, match="signed this plan"):
        sign(approver, silent, now, comment="And again.")


def test_every_place_says_it(stage: Stage, admins: tuple[Actor, Actor], viewer: Actor, now: datetime) -> None:
    migration = submitted(stage)
    policy = stage.environment.own_policy.pk
    number = policies.propose_change(
        actor=admins[0],
        now=now,
        policy_id=policy,
        conditions={"scope": "named", "environments": ["staging"]},
        requirements=ONE,
        comment_required=True,
    )
    (row,) = replay(actor=viewer, policy_id=policy, number=number, now=now).rows
    assert (row.asks_now, row.asks_then) == ("1 approver", "1 approver, each with a comment")

    policies.confirm(actor=admins[1], now=now, policy_id=policy, number=number)
    active = policy_page(actor=viewer, policy_id=policy, now=NOW).row.active
    assert active is not None
    assert (active.comment_required, active.requires) == (True, "1 approver, each with a comment")
    plan = plan_dict(actor=viewer, migration_id=migration.pk, now=now)
    assert plan["signature_requirements"] == [{"role": "approver", "count": 1, "comment": True}]
    asked = migration_page(actor=viewer, migration_id=migration.pk, now=now).review.policies
    assert [each.requires for each in asked] == ["1 approver, each with a comment"]


def test_without_a_signature_there_is_nothing_to_comment_on(
    stage: Stage, admins: tuple[Actor, Actor], now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        put(admins, stage, now, requirements=())
    assert [problem.field for problem in refused.value.problems] == ["comment_required"]
    assert not PolicyVersion.objects.filter(comment_required=True).exists()
