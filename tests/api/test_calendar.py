"""Windows, freezes and schedules over the API, and what they keep from starting."""

from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.models import Environment, Run
from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.api.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

WINDOW = {"name": "saturdays", "zone": "Europe/Berlin", "first": "2027-01-02T02:00", "minutes": 180}


def soon(**later: int) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def test_a_window_is_made_listed_changed_and_archived(admin: Actor, viewer: Actor, dev: Environment) -> None:
    door = program(admin)
    made = door.post("/windows", {**WINDOW, "environment_id": dev.pk, "recurrence": "FREQ=WEEKLY;BYDAY=SA"})
    assert made.status == 201, made.content
    assert (made.body["first"], made.body["opens_at"]) == ("2027-01-02T02:00:00", "2027-01-02T01:00:00Z")
    where = f"/windows/{made.body['id']}"
    assert door.patch(where, {"minutes": 60}).body["minutes"] == 60
    assert program(viewer).get("/windows").body["total"] == 1
    assert program(viewer).patch(where, {"minutes": 60}).code == "permission_denied"
    assert door.patch(where, {"archived": True}).body["archived"] is True
    assert (door.get("/windows").body["total"], door.get("/windows", archived=True).body["total"]) == (0, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recurrence": "FREQ=SECONDLY"}, "recurrence"),
        ({"recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "recurrence"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"first": "2027-01-02T02:00Z"}, "first"),
        ({"first": "saturday"}, "first"),
        ({"minutes": 1}, "minutes"),
        ({"rrule": "FREQ=DAILY"}, "rrule"),
    ],
)
def test_a_bad_window_names_the_field(admin: Actor, dev: Environment, change: dict[str, object], field: str) -> None:
    answer = program(admin).post("/windows", {**WINDOW, "environment_id": dev.pk, **change})
    assert answer.status == 422
    assert field in answer.fields


def test_a_freeze_keeps_an_apply_from_starting_until_it_is_lifted(admin: Actor, here: Stage) -> None:
    migration_id = here.approved()[0]
    door = program(admin)
    made = door.post("/freezes", {"reason": "quarter end", "ends_at": soon(hours=2)})
    assert made.status == 201, made.content
    assert (made.body["state"], made.body["environment_id"]) == ("in_force", None)

    refused = here.operator.post(f"/migrations/{migration_id}/execute")
    assert refused.status == 409
    assert [problem["code"] for problem in refused.body["problems"]] == ["frozen"]
    assert "quarter end" in refused.body["detail"]
    assert not Run.objects.filter(kind="apply").exists()

    where = f"/freezes/{made.body['id']}"
    assert door.patch(where, {"reason": "year end"}).body["reason"] == "year end"
    assert here.operator.post(f"{where}/lift").code == "permission_denied"
    assert door.post(f"{where}/lift").body["state"] == "lifted"
    assert (door.get("/freezes").body["total"], door.get("/freezes", past=True).body["total"]) == (0, 1)
    assert here.operator.post(f"/migrations/{migration_id}/execute").status == 202


def test_outside_every_window_nothing_is_executed_and_inside_one_it_is(admin: Actor, here: Stage) -> None:
    migration_id = here.approved()[0]
    door = program(admin)
    made = door.post("/windows", {**WINDOW, "environment_id": here.environment.pk, "zone": "UTC"})
    refused = here.operator.post(f"/migrations/{migration_id}/execute")
    assert [problem["code"] for problem in refused.body["problems"]] == ["outside_window"]
    assert "2027-01-02 02:00 UTC" in refused.body["detail"]

    first = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
    door.patch(f"/windows/{made.body['id']}", {"first": first})
    assert here.operator.post(f"/migrations/{migration_id}/execute").status == 202


def test_a_run_is_scheduled_changed_and_called_off(admin: Actor, viewer: Actor, here: Stage) -> None:
    migration_id, digest = here.approved()
    where = f"/migrations/{migration_id}/schedule"
    made = here.operator.post(where, {"timing": "at", "at": soon(hours=2), "digest": digest, "window_closes": "pause"})
    assert made.status == 201, made.content
    assert (made.body["state"], made.body["digest"], made.body["starts"]) == ("waiting", digest, [])

    again = here.operator.post("/schedules", {"migration_id": migration_id, "timing": "at", "at": soon(hours=3)})
    assert (again.status, again.code) == (409, "already_scheduled")
    assert here.operator.post(where, {"timing": "at", "kind": "dry_run"}).fields == {"at"}
    assert here.operator.post(where, {"timing": "never", "kind": "dry_run"}).fields == {"timing"}
    assert program(viewer).post(where, {"timing": "at", "at": soon(hours=2)}).code == "permission_denied"

    one = f"/schedules/{made.body['id']}"
    assert here.operator.patch(one, {"grace_minutes": 5, "window_closes": "roll_back"}).body["grace_minutes"] == 5
    assert program(viewer).get("/schedules", state="waiting").body["total"] == 1
    assert here.operator.post(f"{one}/cancel").body["state"] == "cancelled"
    assert program(viewer).get("/schedules", state="waiting").body["total"] == 0
    assert here.operator.post(f"{one}/cancel").status == 409


def test_a_dry_run_recurs(here: Stage) -> None:
    migration_id, _ = here.planned()
    wish = {"timing": "recurring", "kind": "dry_run", "zone": "Europe/Berlin", "first": "2027-01-02T02:00"}
    made = here.operator.post(f"/migrations/{migration_id}/schedule", {**wish, "recurrence": "FREQ=WEEKLY;BYDAY=SA"})
    assert made.status == 201, made.content
    assert made.body["due_at"] == "2027-01-02T01:00:00Z"
    refused = here.operator.post(f"/migrations/{migration_id}/schedule", {**wish, "kind": "apply"})
    assert refused.fields == {"timing", "recurrence"}
