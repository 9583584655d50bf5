from datetime import timedelta

import pytest

from migrations_app.models import Notification
from migrations_app.selectors.inbox import inbox
from migrations_app.services import review_notices, reviews
from tests.services.reviewing import sign, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

SOON = timedelta(hours=60)


def told():
    return sorted(Notification.objects.filter(kind="review_expires_soon").values_list("person__username", flat=True))


def test_twelve_hours_before_the_end_those_who_are_missing_and_the_author_are_told_once(
    production_stage, approver, operator, now
):
    migration = submitted(production_stage)
    sign(approver, migration, now)

    assert review_notices.warn_due(now=now + SOON - timedelta(seconds=1)) == 0
    assert review_notices.warn_due(now=now + SOON) == 1
    assert review_notices.warn_due(now=now + SOON) == 0

    assert told() == ["operator", "second_approver"]
    (item,) = inbox(actor=operator).open
    assert (item.kind, item.text) == (
        "review_expires_soon",
        "The review of “Move sessions” expires on 4 March 12:00 UTC: 1 signature is missing.",
    )


def test_an_approved_plan_is_to_be_started_before(stage, approver, operator, now):
    sign(approver, submitted(stage), now)

    review_notices.warn_due(now=now + SOON)

    assert [item.text for item in inbox(actor=operator).open if item.kind == "review_expires_soon"] == [
        "The review of “Move sessions” expires on 4 March 12:00 UTC: start it before."
    ]


def test_it_leaves_the_inbox_with_the_review_and_is_said_again_of_the_next(stage, operator, now):
    migration = submitted(stage)
    review_notices.warn_due(now=now + SOON)
    later = now + timedelta(hours=72)

    assert reviews.expire_due(now=later) == 1
    assert inbox(actor=operator).open == ()
    reviews.submit(actor=operator, now=later, migration_id=migration.pk)
    assert review_notices.warn_due(now=later) == 0
    assert review_notices.warn_due(now=later + SOON) == 1


def test_what_is_over_is_not_told(stage, operator, now):
    reviews.withdraw(actor=operator, now=now, migration_id=submitted(stage).pk)

    assert review_notices.warn_due(now=now + SOON) == 0
