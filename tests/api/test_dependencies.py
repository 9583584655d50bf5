"""What a migration runs after, and waiting for targets, over the API."""

import pytest

from migrations_app.models import Run
from migrations_app.services.actor import Actor
from tests.api.door import program
from tests.api.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_is_given_shown_refused_as_a_circle_and_taken_back(here: Stage, viewer: Actor) -> None:
    first, second = here.planned(title="First")[0], here.approved(title="Second")[0]
    made = here.operator.post(f"/migrations/{second}/dependencies", {"predecessor_id": first})
    assert made.status == 201, made.content
    assert [one["title"] for one in made.body["before"]] == ["First"]
    assert [[one["id"] for one in wave] for wave in made.body["waves"]] == [[first], [second]]
    assert program(viewer).post(f"/migrations/{second}/dependencies", {"predecessor_id": first}).status == 403

    refused = here.operator.post(f"/migrations/{second}/execute")
    (problem,) = refused.body["problems"]
    assert (problem["code"], problem["about"]) == ("waits_for", {"kind": "migration", "id": first})
    closed = here.operator.post(f"/migrations/{first}/dependencies", {"predecessor_id": second})
    assert (closed.status, closed.code, closed.body["details"]["circle"]) == (409, "circle", [first, second, first])

    related = program(viewer).get(f"/migrations/{first}/related").body
    assert ([one["id"] for one in related["after"]], related["may_add"], related["total"]) == ([second], False, 2)
    gone = here.operator.delete(f"/migrations/{second}/dependencies/{first}")
    assert (gone.status, gone.body["before"], gone.body["waves"]) == (200, [], [])
    assert here.operator.delete(f"/migrations/{second}/dependencies/{first}").status == 404
    assert here.operator.post(f"/migrations/{second}/execute").status == 202


def test_a_conflict_names_the_run_and_a_start_is_queued_behind_it(here: Stage) -> None:
    first, second = here.approved(title="First")[0], here.approved(title="Second")[0]
    assert here.operator.post(f"/migrations/{first}/execute").status == 202
    run = Run.objects.get(kind="apply")

    refused = here.operator.post(f"/migrations/{second}/execute")
    assert {(p["code"], p["about"]["id"]) for p in refused.body["problems"]} == {("claim_conflict", run.pk)}
    queued = here.operator.post(f"/migrations/{second}/schedule", {"timing": "when_ready", "grace_minutes": 600})
    assert queued.status == 201, queued.content

    related = here.operator.get(f"/migrations/{second}/related").body
    assert related["queue"]["schedule_id"] == queued.body["id"]
    assert [one["id"] for one in related["sharing"]] == [first]
    assert related["sharing"][0]["run_id"] == run.pk
