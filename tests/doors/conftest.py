from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.doors.furnishing import provider_settings
from tests.doors.scene import Scene, rolled_back, scene
from tests.oidc_provider import provider_process


@pytest.fixture(scope="module")
def there(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """In a transaction of the whole module, which is taken back; each request has one of its own within it."""
    place = tmp_path_factory.mktemp("scene")
    with provider_process() as issuer, django_db_blocker.unblock(), rolled_back(), settled(place, issuer):
        yield scene(place / "stores")


def settled(place: Path, issuer: str) -> override_settings:
    return override_settings(
        SNAKEWEB_ARTIFACTS_URL=f"file://{place}/artifacts", **provider_settings(issuer, place / "saml")
    )
