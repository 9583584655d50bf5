from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.browser.people import People, chromium
from tests.browser.site import Site
from tests.browser.stores import NOW
from tests.cast import Cast, gather


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
