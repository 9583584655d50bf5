"""Dangerous actions are read back, want the name in a protected environment, and happen once."""

import pytest

from migrations_app.engine.vocabulary import MigrationStatus, RunState, Signal
from migrations_app.models import AuditEntry, Environment, Migration, Run, Target
from tests.cast import Cast
from tests.runs import a_run
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

HTMX = {"HX-Request": "true", "HX-Target": "confirm"}


@pytest.fixture
def live(cast: Cast) -> Run:
    """A run that goes forward, in an environment that is protected."""
    run = a_run()
    Environment.objects.filter(pk=run.migration.environment_id).update(protected=True)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    return run


def test_a_question_says_what_happens_to_what_and_where(production_stage: Stage) -> None:
    migration = production_stage.planned()
    address = f"/migrations/{migration.pk}/cancel/"

    page, dialog = (signed_in("operator").get(address, headers=how) for how in ({}, HTMX))

    for answer in (page, dialog):
        text = answer.content.decode()
        assert answer.status_code == 200
        for said in ("Cancel this migration?", "Move sessions", "production", "nothing on them is touched"):
            assert said in text
        assert 'name="typed"' in text
    assert "<html" in page.content.decode()
    assert "<html" not in dialog.content.decode()
    assert Migration.objects.get().status == MigrationStatus.PLANNED


@pytest.mark.parametrize(("typed", "done"), [("", False), ("Move", False), ("  Move   sessions ", True)])
def test_a_protected_environment_wants_the_name(production_stage: Stage, typed: str, done: bool) -> None:
    address = f"/migrations/{production_stage.planned().pk}/cancel/"

    answer = signed_in("operator").post(address, {"typed": typed, "reason": "not this week"})

    assert answer.status_code == (302 if done else 422)
    assert (Migration.objects.get().status == MigrationStatus.CANCELLED) is done
    if not done:
        assert "Nothing was done." in answer.content.decode()
        assert 'value="not this week"' in answer.content.decode()  # what was written is kept
        assert not AuditEntry.objects.filter(action="migration.cancel").exists()


def test_elsewhere_no_name_is_asked_for(stage: Stage) -> None:
    migration = stage.planned()
    client = signed_in("operator")

    assert 'name="typed"' not in client.get(f"/migrations/{migration.pk}/cancel/").content.decode()
    assert client.post(f"/migrations/{migration.pk}/cancel/").status_code == 302
    assert Migration.objects.get().status == MigrationStatus.CANCELLED


def test_a_second_post_does_it_no_second_time(live: Run) -> None:
    client = signed_in("operator")

    for _ in range(2):
        client.post(f"/runs/{live.pk}/cancel/", {"typed": live.migration.title})

    assert Run.objects.get().signal == Signal.CANCEL
    assert AuditEntry.objects.filter(action="run.cancel", outcome="allowed").count() == 1


def test_a_dialog_of_the_run_page_answers_with_its_buttons(live: Run) -> None:
    client = signed_in("operator")

    refused = client.post(f"/runs/{live.pk}/cancel/", {"typed": "another"}, headers=HTMX)
    assert (refused.status_code, refused["HX-Retarget"]) == (422, "#confirm")
    assert Run.objects.get().signal == ""
    done = client.post(f"/runs/{live.pk}/cancel/", {"typed": live.migration.title}, headers=HTMX)
    assert (done.status_code, done["HX-Retarget"]) == (200, "#run-actions")
    assert 'id="run-actions"' in done.content.decode()


def test_what_is_not_possible_is_said_instead_of_asked(live: Run) -> None:
    Run.objects.update(state=RunState.SUCCEEDED)

    text = signed_in("operator").get(f"/runs/{live.pk}/cancel/").content.decode()

    assert "This is not possible now." in text
    assert "danger solid" not in text


@pytest.mark.parametrize(("username", "status"), [("viewer", 302), ("outsider", 404)])
def test_who_may_not_is_refused_by_the_service_and_on_record(live: Run, username: str, status: int) -> None:
    client = signed_in(username)

    assert client.post(f"/runs/{live.pk}/cancel/", {"typed": live.migration.title}).status_code == status
    assert Run.objects.get().signal == ""
    assert AuditEntry.objects.get(action="run.cancel").outcome == "denied"


def test_an_archived_target_is_brought_back_by_undo(stage: Stage) -> None:
    client, target = signed_in("admin"), Target.objects.get(pk=stage.source_id)

    answer = client.post(f"/targets/{target.pk}/archive/", {"version": target.version}, follow=True)
    undo = f'action="/targets/{target.pk}/restore/"'
    assert undo in answer.content.decode()
    assert Target.objects.get(pk=target.pk).archived_at is not None

    assert "The target is back" in client.post(f"/targets/{target.pk}/restore/", follow=True).content.decode()
    assert Target.objects.get(pk=target.pk).archived_at is None
