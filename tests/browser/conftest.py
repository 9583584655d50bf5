from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from migrations_app.engine.events import EventType
from migrations_app.models import Migration, MigrationDependency, Run
from migrations_app.services import migrations, planning, reviews
from tests import stores_on_disk
from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import NOW
from tests.cast import Cast, gather
from tests.selectors.journal import event, told


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One web process on the control database of this test process; nothing of a test stays in it."""
    with django_db_blocker.unblock(), Site(tmp_path_factory.mktemp("site")) as running:
        running.web()
        yield running


@pytest.fixture
def company(transactional_db: None) -> Cast:
    """The cast, visible to other processes."""
    return gather(NOW)


@pytest.fixture
def people(company: Cast, site: Site) -> Iterator[People]:
    """At their browsers, in front of the web process. Whoever complains fails the test."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine")
    with People(site.url) as at_their_browsers:
        yield at_their_browsers
        assert at_their_browsers.complaints == []


@pytest.fixture
def busy_site(transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    """One test's own: its processes may be killed."""
    with Site(tmp_path) as running:
        yield running


@pytest.fixture
def furnished(company: Cast, tmp_path: Path) -> None:
    """A plan of two revisions in review, which runs after one whose run failed."""
    stage = stores_on_disk.stage(company, company.environments["staging"], tmp_path, NOW)
    migration = stage.planned(title="Move sessions")
    draft = stage.draft(title="Move sessions", options={"cleanup_source": True}, description="And clean up.")
    version = Migration.objects.get(pk=migration.pk).version
    migrations.edit(actor=stage.operator, now=NOW, migration_id=migration.pk, version=version, draft=draft)
    planning.plan(actor=stage.operator, now=NOW, migration_id=migration.pk)
    reviews.submit(actor=stage.operator, now=NOW, migration_id=migration.pk)
    failure = {"message": "The target did not answer.", "code": "dependency_unavailable"}
    told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_FAILED, "one", error=failure),
        event(EventType.RUN_FAILED, error=failure),
        start=NOW,
    )
    failed = Run.objects.get().migration
    MigrationDependency.objects.create(
        migration=migration, predecessor=failed, created_by=migration.created_by, created_at=NOW
    )
