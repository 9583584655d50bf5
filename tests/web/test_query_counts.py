"""How many queries a page takes: the same with one row as with many, and no more than it takes today."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from migrations_app.engine.vocabulary import RunKind, TargetKind
from migrations_app.models import BreakGlass, Migration, Person, Run
from migrations_app.services import planning, reviews, targets
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest
from tests.web.door import signed_in

MORE = 5
MOST = {
    "/": 41,
    "/inbox/": 24,
    "/migrations/": 24,
    "/migrations/?status=planned&q=move": 24,
    "/runs/": 24,
    "/targets/": 24,
    "/environments/": 24,
    "/calendar/": 24,
    "/trends/": 24,
    "/policies/": 24,
    "/audit/": 24,
    "/search/?q=move": 64,
}
MOST_OF_A_MIGRATION = 48
MOST_ACROSS = 46


@pytest.fixture
def admin_client(stage: Stage, cast: Cast) -> Client:
    add(stage, cast, "first")
    client = signed_in("admin")
    client.get("/styleguide/")  # the first request of a session notes that it is in use
    return client


def add(stage: Stage, cast: Cast, title: str) -> Migration:
    """A migration in review, with a finished run, an open break-glass, two targets, and what the audit trail says."""
    migration = stage.planned(title=f"Move {title}")
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=migration.pk)
    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind=RunKind.DRY_RUN,
        state="succeeded",
        started_by=Person.objects.get(username="operator"),
        created_at=stage.now,
        started_at=stage.now,
        ended_at=stage.now,
    )
    BreakGlass.objects.create(migration=migration, run=run, person=run.started_by, reason="for the test", at=stage.now)
    targets.create(
        actor=cast.actors["admin"],
        now=stage.now,
        environment_id=stage.environment.pk,
        name=f"store-{title}",
        kind=TargetKind.SESSION_STORE,
        config={"store": "sqlite", "path": str(Path("/nowhere") / title)},
    )
    return migration


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200, path
    return len(caught)


def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(admin_client: Client, stage: Stage, cast: Cast) -> None:
    for path in MOST:
        queries(admin_client, path)  # what is cached is cached
    one = {path: queries(admin_client, path) for path in MOST}
    for number in range(MORE):
        add(stage, cast, f"again-{number}")
    many = {path: queries(admin_client, path) for path in MOST}

    assert many == one
    assert {path: count for path, count in one.items() if count > MOST[path]} == {}


def test_the_page_of_a_migration_takes_no_more_for_more_revisions_and_runs(
    admin_client: Client, stage: Stage, cast: Cast
) -> None:
    migration = Migration.objects.get()
    path = f"/migrations/{migration.pk}/"
    few = queries(admin_client, path)
    for _ in range(MORE):
        planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)
        Run.objects.create(
            migration=migration,
            environment=migration.environment,
            revision=newest(migration),
            kind=RunKind.DRY_RUN,
            state="failed",
            started_by=Person.objects.get(username="operator"),
            created_at=stage.now,
        )

    assert queries(admin_client, path) == few
    assert few <= MOST_OF_A_MIGRATION


def test_runs_across_environments_take_no_more_for_more_runs_of_the_procedure(
    admin_client: Client, stage: Stage, cast: Cast
) -> None:
    migration = Migration.objects.get()
    pages = [f"/migrations/{migration.pk}/environments/", f"/migrations/{migration.pk}/promote/"]
    for _ in range(2):  # two of an environment are compared unless others are chosen
        ran(migration)
    few = [queries(admin_client, path) for path in pages]
    for _ in range(MORE):
        ran(migration)

    assert [queries(admin_client, path) for path in pages] == few
    assert max(few) <= MOST_ACROSS


def ran(migration: Migration) -> None:
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind=RunKind.APPLY,
        state="succeeded",
        started_by=migration.created_by,
        created_at=migration.created_at,
        ended_at=migration.created_at,
    )
