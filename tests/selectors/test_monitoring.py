from datetime import timedelta

import pytest

from migrations_app.engine.alerts import AlertCause, ChannelKind
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.engine.webhooks import DeliveryState
from migrations_app.models import Lease, Migration, OutboxRow, Run
from migrations_app.runtime import leases
from migrations_app.runtime.leases import Scope
from migrations_app.selectors.monitoring import figures
from migrations_app.services import audit, proving
from migrations_app.services.actor import SYSTEM
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_every_combination_of_labels_is_there_before_anything_is_counted(now) -> None:
    seen = figures(now=now)
    assert set(seen.runs) == {(kind, state) for kind in RunKind for state in RunState}
    assert set(seen.alerts) == {(cause, state) for cause in AlertCause for state in ("open", "acknowledged")}
    assert set(seen.deliveries) == {(receiver, state) for receiver in ChannelKind for state in DeliveryState}
    assert not any((*seen.runs.values(), *seen.alerts.values(), *seen.deliveries.values(), seen.events))
    assert (seen.outbox_oldest_seconds, seen.audit_ok, seen.audit_proof_age_seconds) == (None, None, None)
    assert (seen.dispatcher_leads, seen.takeovers, seen.records_a_second) == (False, 0, 0)


def test_runs_leases_and_outbox_are_counted() -> None:
    run = a_run()
    now = AT + timedelta(seconds=30)
    Lease.objects.filter(run=run).update(holder="gone", expires_at=now - timedelta(seconds=1), due_at=None)
    Migration.objects.update(needs_person=True)
    Run.objects.update(error={"type": "data_corruption", "message": "Two sessions differ."})
    OutboxRow.objects.create(
        task="snakeweb.send_mail", queue="control", created_at=AT, not_before=now + timedelta(seconds=1)
    )
    seen = figures(now=now)
    assert [labels for labels, count in seen.runs.items() if count] == [("apply", "queued")]
    assert (seen.events, seen.lapsed_leases, seen.due_leases, seen.needs_person) == (1, 1, 0, 1)
    assert (seen.runs_with_mismatches, seen.runs_started["apply",]) == (1, 0)
    assert seen.outbox_waiting == {("control",): 1, ("live",): 0, ("bulk",): 0}
    assert seen.outbox_oldest_seconds == 30


def test_a_claim_of_what_a_dead_driver_held_is_a_take_over_and_no_other_claim_is() -> None:
    scope = Scope(a_run().pk)
    first = leases.claim(scope, "first", 60)
    assert first is not None
    leases.release(first, wake_at=AT)
    second = leases.claim(scope, "second", 60)
    assert second is not None
    assert figures(now=AT).takeovers == 0

    Lease.objects.update(expires_at=AT)
    assert leases.claim(scope, "third", 60) is not None
    assert figures(now=AT).takeovers == 1


def test_the_chain_and_its_last_proof_are_shown(now) -> None:
    audit.record(actor=SYSTEM, now=now, action="trial", object_type="trial", object_id="1")
    proving.verify_chain(now=now)
    seen = figures(now=now + timedelta(minutes=1))
    assert (seen.audit_entries, seen.audit_sealed, seen.audit_ok, seen.audit_proof_age_seconds) == (1, 0, True, 60)
