import pytest

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.lifecycle import ReviewEvent
from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import Notification
from migrations_app.services import reviews, signatures
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(production_stage, approver, now):
    migration = production_stage.planned()
    reviews.submit(actor=production_stage.operator, now=now, migration_id=migration.pk)
    reviews.decide(
        actor=approver, now=now, migration_id=migration.pk, digest=newest(migration).digest, decision="approve"
    )
    migration.refresh_from_db()
    return migration


def test_live_ones_are_those_that_were_not_voided(signed, now):
    assert [signature.person.username for signature in signatures.live(signed)] == ["approver"]

    assert signatures.void(signed, now=now, because="x" * 500) == 1

    assert signatures.live(signed) == []
    assert signatures.void(signed, now=now, because="again") == 0


def test_too_few_do_not_approve(signed, operator, now):
    assert not signatures.recount(signed, actor=operator, now=now)
    assert signed.review_state == ReviewState.IN_REVIEW


def test_a_change_voids_and_tells_the_author(signed, now):
    voided = signatures.void_by_change(signed, now=now, event=ReviewEvent.TARGET_CHANGED, because="a target moved")

    assert (voided, signed.review_state) == (1, ReviewState.VOIDED)
    assert "a target moved" in Notification.objects.get(kind="plan_voided").text


def test_a_change_before_any_review_is_no_news(stage, now):
    migration = stage.planned()

    assert signatures.void_by_change(migration, now=now, event=ReviewEvent.EDITED, because="edited") == 0
    assert not Notification.objects.exists()


def test_an_impossible_move_is_refused(stage):
    with pytest.raises(IllegalTransition):
        signatures.move(stage.planned(), ReviewEvent.APPROVED)
