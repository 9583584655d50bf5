import pytest

from migrations_app.models import Lease, OutboxRow
from migrations_app.runtime import outbox, work
from migrations_app.runtime.leases import Scope
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_each_scope_has_its_task() -> None:
    assert work.task_of(Scope(3)) == ("snakeweb.drive_run", [3])
    assert work.task_of(Scope(3, "copy", 1)) == ("snakeweb.drive_partition", [3, "copy", 1])


def test_wanted_drivers_are_marked_and_offered_once() -> None:
    run = a_run()
    scopes = [Scope(run.pk, "copy", 1), Scope(run.pk, "copy", 0)]
    work.want_drivers(scopes, now=AT)
    work.want_drivers(scopes, now=AT)

    assert Lease.objects.filter(step="copy", due_at__isnull=False).count() == 2
    assert OutboxRow.objects.filter(task=outbox.DRIVE_PARTITION).count() == 2


def test_taken_work_can_be_offered_again() -> None:
    run = a_run()
    work.taken(Scope(run.pk), AT)

    assert work.offer([Scope(run.pk)], now=AT) == 1
    assert work.offer([Scope(run.pk)], now=AT) == 0
