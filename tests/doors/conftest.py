from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.doors.scene import Scene, rolled_back, scene


@pytest.fixture(scope="module")
def there(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """In a transaction of the whole module, which is taken back; each request has one of its own within it."""
    with django_db_blocker.unblock(), rolled_back():
        yield scene(tmp_path_factory.mktemp("scene") / "stores")
