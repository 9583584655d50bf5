"""What a schema migration fills into rows that were there before it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib import import_module

import pytest
from django.apps import apps

from migrations_app.models import RunEvent, StepRun
from tests.architecture.sources import ROOT
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


def test_what_an_environment_asked_for_becomes_its_policy_and_back(tmp_path):
    """On a database of its own, from before there were policies, through the real command."""
    path = tmp_path / "control.sqlite3"

    def migrate(name):
        environment = {**os.environ, "SNAKEWEB_DATABASE_URL": f"sqlite:///{path}"}
        words = [sys.executable, "manage.py", "migrate", "migrations_app", name]
        subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True)

    def rows(sql):
        with closing(sqlite3.connect(path)) as database, database:
            return database.execute(sql).fetchall()

    migrate("0012")
    at = "2026-03-01 12:00:00"
    columns = "(name, position, protected, required_approvals, description, created_at)"
    for name, position, approvals in (("dev", 1, 0), ("production", 2, 2)):
        rows(
            f"INSERT INTO migrations_app_environment {columns} "  # noqa: S608
            f"VALUES ('{name}', {position}, 0, {approvals}, '', '{at}')"
        )
    migrate("0015")

    made = """
        SELECT p.name, v.state, v.number, e.name, r.role, r.count FROM migrations_app_policy p
        JOIN migrations_app_policyversion v ON v.policy_id = p.id
        JOIN migrations_app_policyversion_environments n ON n.policyversion_id = v.id
        JOIN migrations_app_environment e ON e.id = n.environment_id
        LEFT JOIN migrations_app_policyrequirement r ON r.version_id = v.id ORDER BY p.id"""
    assert rows(made) == [
        ("Plans in dev", "active", 1, "dev", None, None),
        ("Plans in production", "active", 1, "production", "approver", 2),
    ]
    migrate("0012")
    assert rows("SELECT name, required_approvals FROM migrations_app_environment ORDER BY id") == [
        ("dev", 0),
        ("production", 2),
    ]
