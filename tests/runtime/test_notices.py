import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import MigrationStatus, RunKind
from migrations_app.models import Migration, Notification, OutboxRow, Person
from tests.runs import a_run, migration, plan, queued, step
from tests.runtime.test_journal import opened

pytestmark = pytest.mark.django_db(transaction=True)

STARTED = NewEvent(EventType.RUN_STARTED)


def test_a_wanted_confirmation_is_open_until_it_is_given() -> None:
    run = queued(migration(plan([step("clean", confirm="Remove the old sessions?")])))
    writer = opened(run)
    writer.append([STARTED, NewEvent(EventType.CONFIRMATION_WANTED, "clean")])
    wanted = Notification.objects.get(kind="confirmation_wanted")
    assert wanted.done_at is None
    assert OutboxRow.objects.filter(task="snakeweb.send_mail", arguments=[wanted.pk]).exists()

    writer.append([NewEvent(EventType.CONFIRMATION_GIVEN, "clean", payload={"decision": "approve"})])
    wanted.refresh_from_db()
    assert wanted.done_at is not None


def test_nobody_without_an_address_is_mailed() -> None:
    run = a_run()
    Person.objects.update(email="")
    opened(run).append([STARTED, NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})])

    assert Notification.objects.get().kind == "run_failed"
    assert not OutboxRow.objects.filter(task="snakeweb.send_mail").exists()


def test_a_long_title_is_cut_to_fit() -> None:
    run = a_run()
    Migration.objects.update(title="x" * 200)
    opened(run).append([STARTED, NewEvent(EventType.RUN_CANCELLED)])

    assert len(Notification.objects.get().text) <= 300


@pytest.mark.parametrize(("kind", "named"), [(RunKind.APPLY, "run"), (RunKind.DRY_RUN, "dry run")])
def test_a_run_is_called_what_it_is(kind: RunKind, named: str) -> None:
    run = queued(migration(plan([step("one")])), kind)
    opened(run).append([STARTED, NewEvent(EventType.RUN_CANCELLED)])

    assert Notification.objects.get().text == f"“Move sessions”: {named} {run.pk} was cancelled."


def test_of_several_failures_the_newest_is_open() -> None:
    revision = migration(plan([step("one")]))
    for _ in range(2):
        run = queued(revision)
        opened(run).append([STARTED, NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})])
        Migration.objects.update(status=MigrationStatus.PLANNED)

    assert Notification.objects.get(done_at=None).run_id == run.pk
