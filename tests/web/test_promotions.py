"""The pages of a promotion: the form with its suggestions, and runs across environments."""

from datetime import datetime

import pytest

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, Target
from migrations_app.models.actor import Actor
from migrations_app.services import planning
from tests.custom_types import SealedStamp, let_in
from tests.promoted import proven, run_through
from tests.secret_plans import sealed_draft, stored
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def proof(stage: Stage) -> Migration:
    return proven(stage)


def test_the_form_suggests_targets_and_makes_a_plan(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    browser = signed_in("operator")
    assert "Promote to production" in browser.get(f"/migrations/{proof.pk}/").content.decode()
    form = browser.get(f"/migrations/{proof.pk}/promote/").content.decode()
    assert f'<option value="{production_stage.source_id}" selected>' in form
    assert "sessions-target is suggested because it has the same name." in form

    sent = {
        "environment": production_stage.environment.pk,
        "targets.source": production_stage.source_id,
        "targets.target": production_stage.target_id,
        "parameters.route": "shop",
        "title": "Move production's sessions",
    }
    answer = browser.post(f"/migrations/{proof.pk}/promote/", sent)

    made = Migration.objects.get(title="Move production's sessions")
    assert (answer.status_code, answer["Location"]) == (302, f"/migrations/{made.pk}/")
    assert (made.status, made.parameters) == ("planned", {"settle_ms": 0, "route": "shop"})
    assert f'Promoted from <a href="/migrations/{proof.pk}/">' in browser.get(answer["Location"]).content.decode()


def test_a_problem_stands_at_its_field(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    sent = {"environment": production_stage.environment.pk, "targets.source": production_stage.source_id}
    answer = signed_in("operator").post(f"/migrations/{proof.pk}/promote/", {**sent, "targets.target": ""})

    assert answer.status_code == 422
    assert "Target is missing." in answer.content.decode()
    assert Migration.objects.count() == 1


def test_a_route_of_the_environment_before_is_a_problem_of_its_field(
    stage: Stage, production_stage: Stage, proof: Migration
) -> None:
    targets = {"targets.source": production_stage.source_id, "targets.target": production_stage.target_id}
    answer = signed_in("operator").post(f"/migrations/{proof.pk}/promote/", targets)

    assert answer.status_code == 422
    assert "The route “sessions-source” belongs to staging" in answer.content.decode()
    assert Migration.objects.count() == 1


def test_a_secret_is_chosen_among_those_of_the_place(
    stage: Stage, production_stage: Stage, admin: Actor, operator: Actor, now: datetime
) -> None:
    stored(admin, stage.environment)
    stored(admin, stage.environment, name="gold")
    there = production_stage.environment
    with let_in(SealedStamp):
        made = planning.create_and_plan(actor=operator, now=now, draft=sealed_draft(stage, spare="gold")).migration_id
        run_through(Migration.objects.get(pk=made))
        browser, path = signed_in("operator"), f"/migrations/{made}/promote/"
        Migration.objects.filter(pk=made).update(status=MigrationStatus.COMPLETED)
        assert "nothing of this kind is stored there yet" in browser.get(path).content.decode()

        stored(admin, there)
        form = browser.get(path).content.decode()
        assert '<option value="wax" selected>wax</option>' in form
        assert "In staging it was gold, which production does not have." in form
        sent = {"environment": there.pk, "targets.target": production_stage.target_id, "parameters.spare": ""}
        assert browser.post(path, sent | {"parameters.seal": ""}).status_code == 422
        answer = browser.post(path, sent | {"parameters.seal": "wax", "title": "Sealed there"})
    assert answer.status_code == 302
    promoted = Migration.objects.get(title="Sealed there")
    assert list(promoted.named_secrets.values_list("parameter", "secret__environment")) == [("seal", there.pk)]


def test_who_cannot_promote_reads_why(stage: Stage, production_stage: Stage, proof: Migration) -> None:
    page = signed_in("viewer").get(f"/migrations/{proof.pk}/promote/")

    assert "in which you may author" in page.content.decode()
    assert "Promote and plan" not in page.content.decode()


def test_the_comparison_has_a_column_for_each_environment(
    stage: Stage, production_stage: Stage, proof: Migration
) -> None:
    proven(production_stage, parameters={"settle_ms": 0, "route": "shop"})
    page = signed_in("viewer").get(f"/migrations/{proof.pk}/environments/").content.decode()

    assert '<th scope="col">staging</th><th scope="col">production</th>' in page
    assert page.count("another procedure") == 0


def test_a_migration_without_a_plan_has_nothing_to_compare(stage: Stage) -> None:
    draft = stage.migration()
    assert "Not planned yet" in signed_in("viewer").get(f"/migrations/{draft.pk}/environments/").content.decode()


def test_a_document_is_imported_into_another_environment(stage: Stage, production_stage: Stage) -> None:
    Target.objects.filter(pk=production_stage.source_id).update(name="prod-sessions-source")
    browser = signed_in("operator")
    text = browser.get(f"/migrations/{stage.migration().pk}/export/").content.decode()

    asked = browser.post("/migrations/import/", {"text": text, "environment": "production"})
    assert asked.status_code == 422
    assert '<option value="prod-sessions-source" selected>' in asked.content.decode()
    sent = {"text": text, "environment": "production", "targets.source": "prod-sessions-source", "targets.target": ""}
    answer = browser.post("/migrations/import/", sent)

    made = Migration.objects.get(environment=production_stage.environment)
    assert answer["Location"] == f"/migrations/{made.pk}/"
