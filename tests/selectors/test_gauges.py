from datetime import datetime, timedelta

import pytest

from migrations_app.models import Lease, Migration
from migrations_app.selectors.gauges import gauges
from migrations_app.services import audit, proving
from migrations_app.services.actor import SYSTEM
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_nothing_is_counted_as_nothing(now: datetime) -> None:
    seen = gauges(now=now)
    assert (seen.runs, seen.migrations, seen.events, seen.audit_entries) == ((), (), 0, 0)
    assert (seen.outbox_oldest_seconds, seen.audit_ok, seen.audit_proof_age_seconds) == (None, None, None)


def test_runs_leases_and_outbox_are_counted() -> None:
    run = a_run()
    now = AT + timedelta(seconds=30)
    Lease.objects.filter(run=run).update(holder="gone", expires_at=now - timedelta(seconds=1))
    Migration.objects.update(needs_person=True)
    seen = gauges(now=now)
    assert seen.runs == (("apply", "queued", 1),)
    assert (seen.events, seen.lapsed_leases, seen.needs_person) == (1, 1, 1)
    assert seen.outbox_waiting >= 1
    assert seen.outbox_oldest_seconds == 30


def test_the_chain_and_its_last_proof_are_shown(now: datetime) -> None:
    audit.record(actor=SYSTEM, now=now, action="trial", object_type="trial", object_id="1")
    proving.verify_chain(now=now)
    seen = gauges(now=now + timedelta(minutes=1))
    assert (seen.audit_entries, seen.audit_ok, seen.audit_proof_age_seconds) == (1, True, 60)
