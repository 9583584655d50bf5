"""Programs that ask too often get 429 with `Retry-After`, and tokens cannot be tried."""

import pytest
from django.conf import LazySettings

from migrations_app.runtime import rates
from migrations_app.services.actor import Actor
from tests.api.door import program, program_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits(settings: LazySettings) -> dict[str, str]:
    """Counted by this process: no Redis is there."""
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = given = dict(settings.SNAKEWEB_RATE_LIMITS)
    rates._of.cache_clear()
    return given


def test_an_account_is_told_when_to_come_back(operator: Actor, viewer: Actor, limits: dict[str, str]) -> None:
    limits["api_account"] = "2/hour"
    first, second = program(operator), program(operator)
    assert [door.get("/environments").status for door in (first, second)] == [200, 200]
    answer = first.get("/environments")
    assert (answer.status, answer.code) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) == answer.body["details"]["retry_after"] > 0
    assert program(viewer).get("/environments").status == 200


def test_an_address_is_counted_before_anybody_is_known(limits: dict[str, str]) -> None:
    limits["api_address"] = "2/hour"
    nobody = program_with("Bearer swk_00000000_nothing")
    assert [nobody.get("/environments").status for _ in range(3)] == [401, 401, 429]


def test_whoever_tried_too_many_tokens_learns_of_none(operator: Actor, limits: dict[str, str]) -> None:
    good = program(operator)
    limits["token_failures"] = "2/hour"
    assert good.get("/environments").status == 200
    tried = [program_with(f"Bearer swk_0000000{n}_nothing").get("/environments").status for n in range(3)]
    assert tried == [401, 401, 429]
    assert good.get("/environments").status == 429  # from this address, so nobody can tell a good one from a bad


def test_services_that_follow_routes_are_counted_apart(operator: Actor, limits: dict[str, str]) -> None:
    limits["api_account"] = limits["api_address"] = "1/hour"
    door = program(operator)
    assert [door.get("/routes/none").status for _ in range(3)] == [404] * 3
    assert door.get("/environments").status == 200


def test_exports_are_counted_by_account(auditor: Actor, limits: dict[str, str]) -> None:
    limits["exports_account"] = "1/hour"
    door = program(auditor)
    assert [door.get("/audit/export").status for _ in range(2)] == [200, 429]
    assert door.get("/audit").status == 200
