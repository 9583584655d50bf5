"""Migrations that have really run: proof for a promotion."""

from typing import Any

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Migration
from tests.runs import queued
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import Stage, newest


def proven(stage: Stage, **changes: Any) -> Migration:
    """Planned, and its apply run driven to success."""
    migration = stage.planned(**changes)
    run_through(migration)
    migration.refresh_from_db()
    return migration


def run_through(migration: Migration) -> None:
    """Its newest plan, whatever the checks of a start would say."""
    run = drive_to_end(queued(newest(migration)))
    assert run.state == RunState.SUCCEEDED, (run.state, run.error)
