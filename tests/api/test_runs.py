"""Runs over the API: lists, the journal by sequence, and control."""

import pytest
from django.utils import timezone

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.runtime import journal
from migrations_app.services.actor import Actor
from tests.api.door import browser, program
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_the_list_is_filtered_and_of_what_one_may_see(viewer: Actor, outsider: Actor) -> None:
    run = a_run()
    door = program(viewer)
    assert [row["id"] for row in door.get("/runs").body["items"]] == [run.pk]
    assert door.get("/runs", live="true", state="queued").body["total"] == 1
    assert door.get("/runs", state="succeeded").body["total"] == 0
    assert program(outsider).get("/runs").body["items"] == []
    assert program(outsider).get(f"/runs/{run.pk}").code == "not_found"


def test_the_journal_is_read_by_sequence(viewer: Actor) -> None:
    run = a_run()
    events = [NewEvent(EventType.LOGGED, payload={"level": "warning", "message": f"line {n}"}) for n in range(25)]
    journal.append_by_person(run, events, now=timezone.now())
    door = program(viewer)
    first = door.get(f"/runs/{run.pk}/events", limit=10).body
    assert [event["seq"] for event in first["events"]] == list(range(1, 11))
    assert first["newest"] == 26
    rest = door.get(f"/runs/{run.pk}/events", after=20).body
    assert [event["seq"] for event in rest["events"]] == list(range(21, 27))
    assert (rest["events"][-1]["text"], rest["events"][-1]["level"]) == ("line 24", "warning")
    assert door.get(f"/runs/{run.pk}/events", after=26).body["events"] == []
    assert door.get(f"/runs/{run.pk}/events", after=-1).fields == {"after"}


def test_an_operator_pauses_resumes_and_cancels(operator: Actor) -> None:
    run = a_run()
    door = program(operator)
    for operation, signal in (("pause", "pause"), ("resume", ""), ("cancel", "cancel")):
        answer = door.post(f"/runs/{run.pk}/{operation}")
        assert answer.status == 202, answer.content
        run.refresh_from_db()
        assert run.signal == signal
    again = door.post(f"/runs/{run.pk}/cancel")
    assert (again.status, again.code) == (409, "not_possible")
    assert again.body["fix"]


@pytest.mark.parametrize("operation", ["pause", "resume", "cancel", "retry"])
def test_a_viewer_controls_nothing(viewer: Actor, operation: str) -> None:
    run = a_run()
    assert program(viewer).post(f"/runs/{run.pk}/{operation}").code == "permission_denied"
    run.refresh_from_db()
    assert run.signal == ""


def test_a_token_never_signs_a_step_off(operator: Actor) -> None:
    run = a_run()
    answer = program(operator).post(
        f"/runs/{run.pk}/signoffs", {"step": "one", "digest": run.revision.digest, "decision": "approve"}
    )
    assert (answer.status, answer.code) == (403, "sign_in_required")
    assert answer.body["url"] == f"http://testserver/runs/{run.pk}/"


def test_a_signoff_of_another_plan_or_step_is_refused(operator: Actor) -> None:
    run = a_run()
    door = browser(operator)
    for change, code in (({"digest": "0" * 64}, "digest_changed"), ({"step": "nine"}, "unknown_step")):
        wish = {"step": "one", "digest": run.revision.digest, "decision": "approve"} | change
        assert door.post(f"/runs/{run.pk}/signoffs", wish).code == code
    bad = door.post(f"/runs/{run.pk}/signoffs", {"step": "one", "digest": run.revision.digest, "decision": "perhaps"})
    assert bad.fields == {"decision"}
