"""Runs over the API: lists, the journal by sequence, and control."""

import pytest
from django.utils import timezone

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.runtime import journal
from migrations_app.services.actor import Actor
from tests.api.door import browser, program
from tests.hand_overs import DUAL_A, DUAL_B, route, zero_downtime_run
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


def test_an_operator_postpones_releases_and_brings_back(operator: Actor) -> None:
    run = zero_downtime_run()
    route((0, 25, DUAL_B), (26, 255, DUAL_A))
    door = program(operator)
    for operation, order in (("postpone", "hold"), ("cutover", "go"), ("abort", "back")):
        answer = door.post(f"/runs/{run.pk}/{operation}")
        assert answer.status == 202, answer.content
        assert (answer.body["cutover"], answer.body["route"]["order"]) == (order, order)
    live = answer.body["route"]
    assert (live["on_target"], live["handing_back"], live["epoch"]) == (26, True, 7)
    assert [stop["state"] for stop in live["phases"]] == ["done"] * 3 + ["current"] + ["to_come"] * 3
    assert door.get(f"/runs/{run.pk}").body["route"]["said"] == live["said"]


def test_the_pace_of_a_copy(operator: Actor) -> None:
    run = zero_downtime_run(done=("prepare",))
    door = program(operator)
    assert door.post(f"/runs/{run.pk}/throttle", {"most_a_second": 500}).body["most_a_second"] == 500
    bad = door.post(f"/runs/{run.pk}/throttle", {"most_a_second": -1})
    assert (bad.status, bad.fields) == (422, {"most_a_second"})
    assert door.post(f"/runs/{run.pk}/throttle").status == 422


@pytest.mark.parametrize("operation", ["postpone", "cutover", "abort"])
def test_a_run_without_a_hand_over_refuses_orders(operator: Actor, viewer: Actor, operation: str) -> None:
    run = a_run()
    refused = program(operator).post(f"/runs/{run.pk}/{operation}")
    assert (refused.status, refused.code) == (409, "not_possible")
    assert "no zero-downtime hand-over" in refused.body["detail"]
    assert refused.body["fix"]
    assert program(viewer).post(f"/runs/{run.pk}/{operation}").code == "permission_denied"
    body = program(viewer).get(f"/runs/{run.pk}").body
    assert (body["cutover"], body["most_a_second"], body["route"]) == ("", 0, None)
