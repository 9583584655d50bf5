from datetime import timedelta

import pytest

from migrations_app.services import freezes, schedules
from migrations_app.services.errors import InvalidInput
from tests.services.scheduling import only, scheduling

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def here(cast, tmp_path):
    return scheduling(cast, tmp_path)


def test_the_next_window_is_not_one_that_opens_into_a_freeze(here, operator, admin):
    first, second = ((here.now + hours * HOUR).replace(second=0) for hours in (3, 6))
    here.window(first)
    here.window(second)
    freezes.create(actor=admin, now=here.now, reason="quarter end", ends_at=first + HOUR)

    made = schedules.create(actor=operator, now=here.now, migration_id=here.migration.pk, timing="next_window")
    assert only(made)[0].due_at == second


@pytest.mark.parametrize(
    ("rule", "code"),
    [("", "required"), ("FREQ=HOURLY", "too_often"), ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never")],
)
def test_a_rule_that_cannot_be_kept_is_named(here, operator, rule, code):
    with pytest.raises(InvalidInput) as refused:
        schedules.create(
            actor=operator,
            now=here.now,
            migration_id=here.migration.pk,
            kind="dry_run",
            timing="recurring",
            first=here.now.replace(tzinfo=None),
            recurrence=rule,
        )
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("recurrence", code)]


def test_a_rule_whose_times_are_all_past_is_refused(here, operator):
    with pytest.raises(InvalidInput, match="no time from now on"):
        schedules.create(
            actor=operator,
            now=here.now,
            migration_id=here.migration.pk,
            kind="dry_run",
            timing="recurring",
            first=(here.now - timedelta(days=9)).replace(tzinfo=None),
            recurrence="FREQ=DAILY;COUNT=3",
        )
