from datetime import timedelta

import pytest

from migrations_app.models import Migration
from migrations_app.selectors.timeline import changed, timeline
from migrations_app.services import migrations, planning, reviews
from tests.policies import asks_for
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_what_happened_newest_first(stage, approver, now):
    operator = stage.operator

    def at(minutes):
        return now + timedelta(minutes=minutes)

    pk = migrations.create(actor=operator, now=at(0), draft=stage.draft())
    planning.plan(actor=operator, now=at(1), migration_id=pk)
    reviews.submit(actor=operator, now=at(2), migration_id=pk)
    digest = newest(Migration.objects.get()).digest
    reviews.decide(actor=approver, now=at(3), migration_id=pk, digest=digest, decision="approve", comment="good")
    migrations.edit(actor=operator, now=at(4), migration_id=pk, version=1, draft=stage.draft(description="more"))
    planning.plan(actor=operator, now=at(5), migration_id=pk)

    entries = timeline(Migration.objects.get())

    assert [(entry.at, entry.kind, entry.who) for entry in entries if entry.kind != "approved"] == [
        (at(5), "planned", "operator"),
        (at(4), "edited", "operator"),
        (at(4), "voided", "snakeweb"),
        (at(3), "approve", "approver"),
        (at(2), "submitted", "operator"),
        (at(1), "planned", "operator"),
        (at(0), "created", "operator"),
    ]
    assert entries[0].detail == "changed: description"


def test_the_same_content_again_is_said(stage):
    migration = stage.planned()
    planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    assert any(entry.detail == "the same content: signatures stand" for entry in timeline(migration))


def test_people_go_by_their_names(stage, people):
    people["operator"].first_name, people["operator"].last_name = "Olivia", "Operator"
    people["operator"].save()

    assert {entry.who for entry in timeline(stage.planned())} == {"Olivia Operator"}


def test_a_plan_that_wants_no_signature_was_not_signed(stage, admins, now):
    asks_for(stage.environment, 0, admins, now)
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    (approved,) = (entry for entry in timeline(migration) if entry.kind == "approved")
    assert approved.text == "had the plan approved, which wants no signature here"


def test_what_changed_is_said_in_nouns():
    paths = [
        "options.zero_downtime",
        "steps.transfer.title",
        "steps.transfer.action",
        "steps.join.title",
        "description",
    ]

    assert changed([*paths, "risk.score"]) == "1 option, 2 steps, description, risk"
