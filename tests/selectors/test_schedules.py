from datetime import timedelta

import pytest

from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.schedules import list_schedules, schedules_of, visible_schedule
from migrations_app.services import schedules
from tests.services.scheduling import MINUTE, scheduling

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_what_waits_comes_first_and_what_was_missed_says_why(cast, operator, outsider, tmp_path):
    here = scheduling(cast, tmp_path)
    missed = here.schedule(here.now - HOUR)
    here.attend()
    cancelled = here.schedule(here.now + HOUR)
    schedules.cancel(actor=operator, now=here.now, schedule_id=cancelled)
    waiting = here.schedule(here.now + HOUR)
    dry = here.schedule(here.now + HOUR, kind="dry_run")

    assert [row.id for row in schedules_of(here.migration)] == [dry, waiting, cancelled]
    rows = {row.id: row for row in list_schedules(actor=operator)}
    assert set(rows) == {missed, cancelled, waiting, dry}
    (start,) = rows[missed].starts
    assert (start.state, start.run_id, rows[missed].said) == ("missed", None, start.said)
    assert (rows[waiting].waits, rows[waiting].starts, rows[dry].digest) == (True, (), "")
    assert {row.id for row in list_schedules(actor=operator, state="waiting")} == {waiting, dry}
    assert list_schedules(actor=operator, environment="production") == ()
    assert list_schedules(actor=outsider) == ()
    assert visible_schedule(actor=operator, schedule_id=waiting) == rows[waiting]
    for who, which, hidden in ((outsider, waiting, True), (operator, 2**70, False)):
        with pytest.raises(NotFound) as refused:
            visible_schedule(actor=who, schedule_id=which)
        assert refused.value.hidden is hidden


def test_a_start_leads_to_its_run(cast, operator, tmp_path):
    here = scheduling(cast, tmp_path)
    here.schedule(here.now - MINUTE)
    here.attend()

    (start,) = list_schedules(actor=operator)[0].starts
    assert (start.state, start.run_state) == ("started", "queued")
    assert start.run_id
