import pytest
from django.core.cache import cache
from django.test import Client

from migrations_app.models import Person, RoleGrant
from tests.cast import NOW, PASSWORD, Cast
from tests.web.door import signed_in


@pytest.fixture(autouse=True)
def nobody_has_tried_to_sign_in_yet() -> None:
    """How often an address may try is counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def other(cast: Cast) -> Client:
    """Another admin, in a browser of theirs."""
    person = Person.objects.create_user("ottilie", "ottilie@example.org", PASSWORD)
    for role in ("admin", "operator"):
        RoleGrant.objects.create(person=person, role=role, environment=None, granted_at=NOW)
    return signed_in("ottilie")


@pytest.fixture
def admin_too(cast: Cast) -> Client:
    RoleGrant.objects.create(person=cast.people["admin"], role="operator", environment=None, granted_at=NOW)
    return signed_in("admin")
