"""What a schema migration fills into rows that were there before it."""

from importlib import import_module

import pytest
from django.apps import apps

from migrations_app.models import RunEvent, StepRun
from tests.selectors.journal import told
from tests.selectors.test_journals import STORIES

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


@pytest.mark.parametrize("story", STORIES)
def test_levels_and_places_of_checkpoints_are_what_the_journal_would_have_written(now, story):
    run = told(*STORIES[story], start=now)
    levels, places = (
        lambda: dict(RunEvent.objects.filter(run=run).values_list("seq", "level")),
        lambda: {row.pk: row.checkpoint_seq for row in StepRun.objects.filter(run=run)},
    )
    before = levels(), places()
    RunEvent.objects.update(level="info")
    StepRun.objects.update(checkpoint_seq=0)

    import_module("migrations_app.migrations.0006_run_log_levels").fill(apps, None)

    assert (levels(), places()) == before
