from datetime import timedelta

import pytest
from django.db import transaction

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken
from migrations_app.models import Lease
from migrations_app.runtime import leases
from migrations_app.runtime.clock import database_now
from migrations_app.runtime.leases import Scope
from tests.parallel import at_once
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def expire(scope: Scope) -> None:
    row = Lease.objects.filter(run_id=scope.run_id, step=scope.step, partition=scope.partition)
    row.update(expires_at=database_now() - timedelta(milliseconds=1))


@pytest.fixture
def scope() -> Scope:
    return Scope(a_run().pk)


def claimed(scope: Scope, holder: str = "a") -> WorkerToken:
    worker = leases.claim(scope, holder, 10)
    assert worker is not None
    return worker


@pytest.mark.parametrize("scope", [Scope(7), Scope(7, "transfer", 3)])
def test_a_scope_is_read_back_from_its_text(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


@pytest.mark.parametrize("text", ["run:x", "job:1", "run:1:transfer", ""])
def test_another_text_is_no_scope(text: str) -> None:
    with pytest.raises(ValueError):
        Scope.parse(text)


def test_of_many_claims_at_once_one_wins(scope: Scope) -> None:
    outcomes = at_once(*[lambda n=n: leases.claim(scope, f"worker {n}", 10) for n in range(8)])

    assert [o for o in outcomes if o is not None] == [WorkerToken(str(scope), 1)]


def test_a_lease_that_is_not_due_cannot_be_claimed(scope: Scope) -> None:
    leases.release(claimed(scope), wake_at=None)

    assert leases.claim(scope, "b", 10) is None


def test_each_claim_raises_the_token(scope: Scope) -> None:
    first = claimed(scope)
    expire(scope)
    second = claimed(scope, "b")

    assert second.token == first.token + 1
    assert not leases.renew(first, 10)
    assert leases.renew(second, 10)
    with pytest.raises(LeaseLost):
        leases.release(first, wake_at=None)


def test_of_many_takeovers_at_once_one_wins(scope: Scope) -> None:
    claimed(scope)
    expire(scope)
    outcomes = at_once(*[lambda n=n: leases.claim(scope, f"worker {n}", 10) for n in range(8)])

    assert [o.token for o in outcomes if isinstance(o, WorkerToken)] == [2]


def test_a_released_token_writes_no_more(scope: Scope) -> None:
    worker = claimed(scope)
    leases.release(worker, wake_at=None)

    with pytest.raises(LeaseLost), transaction.atomic():
        leases.require_held(worker)


def test_a_wake_during_the_drive_is_kept(scope: Scope) -> None:
    worker = claimed(scope)
    leases.schedule([scope])

    assert leases.release(worker, wake_at=None) is not None
    assert leases.claim(scope, "b", 10) is not None


def test_the_earlier_of_two_wake_times_counts(scope: Scope) -> None:
    worker = claimed(scope)
    later = database_now() + timedelta(hours=1)
    assert leases.release(worker, wake_at=later) == later
    assert leases.claim(scope, "b", 10) is None

    leases.schedule([scope])
    worker = claimed(scope)
    leases.schedule([scope])
    due = leases.release(worker, wake_at=later)
    assert due is not None
    assert due < later


def test_what_wants_a_driver_is_due_or_abandoned(scope: Scope) -> None:
    assert [Scope.of(lease) for lease in leases.wanting()] == [scope]
    assert leases.abandoned(10, overdue_seconds=60) == []

    claimed(scope)
    assert leases.wanting() == []

    expire(scope)
    assert [Scope.of(lease) for lease in leases.wanting()] == [scope]
    assert [Scope.of(lease) for lease in leases.abandoned(10, overdue_seconds=60)] == [scope]


def test_due_work_that_nobody_takes_counts_as_abandoned(scope: Scope) -> None:
    Lease.objects.update(due_at=database_now() - timedelta(seconds=6))

    assert [Scope.of(lease) for lease in leases.abandoned(10, overdue_seconds=5)] == [scope]


def test_revoking_outdates_every_partition_and_not_the_run(scope: Scope) -> None:
    partitions = [Scope(scope.run_id, "copy", n) for n in range(3)]
    leases.schedule(partitions)
    run_worker, worker = claimed(scope), claimed(partitions[1])

    with transaction.atomic():
        tokens = leases.revoke_partitions(scope.run_id)

    assert [(t.scope, t.token) for t in tokens] == [(str(p), t) for p, t in zip(partitions, (1, 2, 1), strict=True)]
    assert not leases.renew(worker, 10)
    assert leases.renew(run_worker, 10)
    assert leases.claim(partitions[0], "b", 10) is None


def test_scheduling_from_many_sides_at_once_makes_one_row(scope: Scope) -> None:
    other = Scope(scope.run_id, "copy", 0)
    outcomes = at_once(*[lambda: leases.schedule([other, scope])] * 6)

    assert outcomes == [None] * 6
    assert Lease.objects.filter(run_id=scope.run_id).count() == 2


def test_refusals_are_counted(scope: Scope) -> None:
    leases.count_refusal(scope)
    leases.count_refusal(scope)

    assert Lease.objects.get(run_id=scope.run_id).refusals == 2


def test_one_of_many_leads_and_another_follows_after_it_resigned() -> None:
    outcomes = at_once(*[lambda n=n: leases.lead("job", f"process {n}", 10) for n in range(6)])
    assert sorted(map(bool, outcomes)) == [False] * 5 + [True]
    leader = f"process {outcomes.index(True)}"

    assert leases.lead("job", leader, 10)
    assert not leases.lead("job", "another", 10)
    assert leases.is_led("job")
    leases.resign("job", leader)
    assert not leases.is_led("job")
    assert leases.lead("job", "another", 10)


def test_a_leader_that_fell_silent_is_replaced() -> None:
    assert leases.lead("job", "first", -1)
    assert not leases.is_led("job")

    assert at_once(lambda: leases.lead("job", "second", 10)) == [True]
    assert not leases.lead("job", "first", 10)
