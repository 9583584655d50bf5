from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import AuditEntry, Lease, Notification, Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.services import confirmations
from migrations_app.services.errors import Conflict, InvalidInput, PermissionDenied, SignInRequired
from tests.parallel import at_once, exceptions
from tests.runs import migration, plan, queued, step
from tests.runtime.test_journal import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def waiting(cast: Any) -> Run:
    """A run that waits for the confirmation of its step `clean`."""
    run = queued(migration(plan([step("clean", confirm="Remove the old sessions?")])))
    parked = NewEvent(EventType.RUN_PARKED, payload={"reason": "confirmation"})
    opened(run).append([NewEvent(EventType.RUN_STARTED), NewEvent(EventType.CONFIRMATION_WANTED, "clean"), parked])
    Lease.objects.update(holder="", due_at=None)
    return run


def answer(actor: Actor, run: Run, decision: str = "approve", **values: str) -> None:
    given = {"step": "clean", "digest": run.revision.digest, "decision": decision, **values}
    confirmations.sign_off(actor=actor, now=datetime.now(UTC), run_id=run.pk, **given)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_answer_is_journaled_wakes_the_run_and_is_recorded(operator: Actor, waiting: Run, decision: str) -> None:
    answer(operator, waiting, decision)

    newest = RunEvent.objects.filter(run=waiting).latest("seq")
    assert (newest.type, newest.payload) == ("ConfirmationGiven", {"decision": decision, "by": "operator"})
    assert Lease.objects.get(run=waiting).due_at is not None
    assert Notification.objects.get(kind="confirmation_wanted").done_at is not None
    assert AuditEntry.objects.get().action == "run.sign_off"


def test_of_two_answers_at_once_one_counts(operator: Actor, approver: Actor, waiting: Run) -> None:
    outcomes = at_once(lambda: answer(operator, waiting), lambda: answer(approver, waiting, "reject"))

    (lost,) = exceptions(outcomes)
    assert isinstance(lost, Conflict)
    assert RunEvent.objects.filter(type="ConfirmationGiven").count() == 1


def test_a_token_cannot_answer(operator: Actor, waiting: Run) -> None:
    with pytest.raises(SignInRequired):
        answer(replace(operator, token_id=1, scopes=frozenset({"operate"})), waiting)


def test_somebody_without_the_role_cannot_answer(viewer: Actor, waiting: Run) -> None:
    with pytest.raises(PermissionDenied):
        answer(viewer, waiting)
    assert AuditEntry.objects.get().outcome == "denied"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"digest": "0" * 64}, Conflict),
        ({"step": "other"}, Conflict),
        ({"decision": "comment"}, InvalidInput),
    ],
)
def test_an_answer_to_something_else_changes_nothing(
    operator: Actor, waiting: Run, values: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        answer(operator, waiting, **values)
    assert not RunEvent.objects.filter(type="ConfirmationGiven").exists()
