from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import RoleGrant
from migrations_app.selectors.access import access_of
from migrations_app.selectors.reviews import barred, recently_present, review_panel
from migrations_app.selectors.signing import signing_of
from migrations_app.services import reviews, targets
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def panel(actor, migration, now):
    migration.refresh_from_db()
    revision = migration.revisions.order_by("-number").first()
    return review_panel(actor, access_of(actor), migration, revision, signing_of(migration, revision, now=now), now=now)


@pytest.fixture
def submitted(production_stage, now):
    migration = production_stage.planned()
    reviews.submit(actor=production_stage.operator, now=now, migration_id=migration.pk)
    return migration


def test_an_approver_can_sign(submitted, approver, now):
    seen = panel(approver, submitted, now)

    assert (seen.can_sign, seen.why_not, seen.needs_step_up) == (True, "", False)
    assert (seen.required, seen.approvals, seen.missing) == (2, 0, 2)
    assert [(s.username, s.signed, s.why_not) for s in seen.signers] == [
        ("approver", False, ""),
        ("second_approver", False, ""),
    ]
    assert seen.expires_at == now + timedelta(hours=72)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("operator", "you wrote revision 1"),
        ("viewer", "you do not have the approver role in production"),
        ("admin", "you do not have the approver role in production"),
    ],
)
def test_everybody_else_is_told_why_not(submitted, cast, now, name, why):
    seen = panel(cast.actors[name], submitted, now)

    assert (seen.can_sign, seen.why_not, seen.needs_step_up) == (False, why, False)


def test_an_old_login_needs_another_proof(submitted, approver, now):
    seen = panel(replace(approver, reauthenticated_at=None), submitted, now)

    assert (seen.can_sign, seen.needs_step_up) == (True, True)


def test_a_token_cannot_sign(submitted, approver, now):
    assert panel(replace(approver, scopes=frozenset({"read"})), submitted, now).why_not == "a token cannot sign"


def test_signatures_are_shown_and_counted(submitted, approver, second_approver, now):
    digest = newest(submitted).digest
    reviews.decide(actor=approver, now=now, migration_id=submitted.pk, digest=digest, decision="approve", comment="ok")

    seen = panel(approver, submitted, now)
    assert (seen.approvals, seen.missing, seen.why_not) == (1, 1, "you have signed it")
    (signature,) = seen.signatures
    assert (signature.username, signature.comment, signature.current) == ("approver", "ok", True)
    assert panel(second_approver, submitted, now).can_sign


def test_a_signer_who_lost_the_role_does_not_count(submitted, approver, second_approver, now):
    digest = newest(submitted).digest
    reviews.decide(actor=approver, now=now, migration_id=submitted.pk, digest=digest, decision="approve")
    RoleGrant.objects.filter(person_id=approver.person_id).delete()

    assert panel(second_approver, submitted, now).approvals == 0


def test_each_state_has_its_reason(production_stage, admin, approver, now, tmp_path):
    migration = production_stage.migration()
    assert panel(approver, migration, now).why_not == "there is no plan yet"

    migration = production_stage.planned()
    assert panel(approver, migration, now).why_not == "it is not in review (not submitted)"
    assert panel(production_stage.operator, migration, now).can_submit

    reviews.submit(actor=production_stage.operator, now=now, migration_id=migration.pk)
    assert panel(approver, migration, now + timedelta(hours=73)).why_not == "the review has expired"
    assert panel(production_stage.operator, migration, now).can_withdraw

    targets.edit(
        actor=admin,
        now=now,
        target_id=production_stage.source_id,
        version=1,
        config={"store": "sqlite", "path": str(tmp_path / "moved.sqlite3")},
    )
    seen = panel(approver, migration, now)
    assert (seen.state, seen.why_not) == (ReviewState.VOIDED, "it is not in review (voided)")


def test_who_is_barred(submitted, people):
    assert barred(submitted, people["operator"].pk) == "you wrote revision 1"
    assert barred(submitted, people["approver"].pk) == ""
    assert barred(submitted, None) == "you are not logged in"
    submitted.editors.all().delete()
    assert barred(submitted, people["operator"].pk) == "you wrote this migration"


def test_presence_is_fresh_for_five_minutes(approver, now):
    for seconds, fresh in ((0, True), (300, True), (301, False), (-1, False)):
        actor = replace(approver, reauthenticated_at=now - timedelta(seconds=seconds))
        assert recently_present(actor, now) is fresh
