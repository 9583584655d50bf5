"""What is refused when somebody asks too often, and what of it is kept. Counted by this process: no Redis is there."""

import json
from datetime import datetime

import pytest
from django.conf import LazySettings

from migrations_app.models import AuditEntry
from migrations_app.runtime import rates
from migrations_app.services import rate_limits
from migrations_app.services.actor import Actor
from migrations_app.services.errors import TooManyRequests
from migrations_app.services.rate_limits import Rate, address, name

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_here(settings: LazySettings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = {rate.value: "2/hour" for rate in Rate}
    rates._of.cache_clear()


def test_the_third_of_two_says_when_and_changes_nothing(operator: Actor, now: datetime) -> None:
    for _ in range(2):
        rate_limits.spend(actor=operator, now=now, rate=Rate.API_ACCOUNT, who="person-1")
    with pytest.raises(TooManyRequests) as refused:
        rate_limits.spend(actor=operator, now=now, rate=Rate.API_ACCOUNT, who="person-1")
    assert refused.value.retry_after > 0
    assert f"Try again in {refused.value.retry_after} second" in refused.value.fix
    assert "requests to the API by this account" in refused.value.message
    rate_limits.spend(actor=operator, now=now, rate=Rate.API_ACCOUNT, who="person-2")


def test_a_flood_leaves_one_entry(operator: Actor, now: datetime) -> None:
    for _ in range(6):
        try:
            rate_limits.spend(actor=operator, now=now, rate=Rate.EXPORTS_ACCOUNT, who="person-1")
        except TooManyRequests:
            continue
    (entry,) = AuditEntry.objects.filter(action="rate_limit")
    body = json.loads(bytes(entry.body))
    assert (body["outcome"], body["actor"], body["object"]["id"]) == ("denied", "operator", "exports_account")


def test_looking_counts_nothing(operator: Actor, now: datetime) -> None:
    for _ in range(4):
        rate_limits.require_left(actor=operator, now=now, rate=Rate.TOKEN_FAILURES, who="192.0.2.7")
    for _ in range(2):
        rate_limits.spend(actor=operator, now=now, rate=Rate.TOKEN_FAILURES, who="192.0.2.7")
    with pytest.raises(TooManyRequests):
        rate_limits.require_left(actor=operator, now=now, rate=Rate.TOKEN_FAILURES, who="192.0.2.7")


def test_a_machine_with_many_addresses_of_ipv6_is_one() -> None:
    assert address("2001:db8:1:2::1") == address("2001:db8:1:2:ffff::9") != address("2001:db8:1:3::1")
    assert address("192.0.2.7") == address("::ffff:192.0.2.7") != address("192.0.2.8")
    assert address("") == address("unix socket") == "nowhere"


def test_a_name_that_was_typed_is_nowhere_to_be_read() -> None:
    assert name("Operator ") == name("operator") != name("admin")
    assert "operator" not in name("operator")
