"""Who tries passwords, and who fetches files again and again, is told to wait."""

import pytest
from django.conf import LazySettings
from django.test import Client

from migrations_app.models import AuditEntry
from migrations_app.runtime import rates
from tests.cast import PASSWORD, Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits(settings: LazySettings) -> dict[str, str]:
    """Counted by this process: no Redis is there."""
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.SNAKEWEB_RATE_LIMITS = given = dict(settings.SNAKEWEB_RATE_LIMITS)
    rates._of.cache_clear()
    return given


def test_a_name_is_tried_so_often_and_no_more_whatever_the_address(cast: Cast, limits: dict[str, str]) -> None:
    limits["sign_in_name"] = "3/hour"
    for number in range(3):
        tried = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert tried.post("/accounts/login/", {"login": "operator", "password": "wrong"}).status_code == 200
    answer = Client(REMOTE_ADDR="192.0.2.9").post("/accounts/login/", {"login": "Operator", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "too often" in answer.content.decode()
    assert AuditEntry.objects.filter(action="rate_limit", outcome="denied").count() == 1
    assert Client().post("/accounts/login/", {"login": "admin", "password": PASSWORD}).status_code == 302


def test_nobody_is_kept_out_of_where_they_sign_in_by_others_who_know_their_name(
    cast: Cast, limits: dict[str, str]
) -> None:
    limits["sign_in_name"] = "1/hour"
    given = {"login": "operator", "password": PASSWORD}
    assert Client(REMOTE_ADDR="192.0.2.1").post("/accounts/login/", given).status_code == 302
    assert Client(REMOTE_ADDR="192.0.2.2").post("/accounts/login/", given).status_code == 429
    for _ in range(2):
        assert Client(REMOTE_ADDR="192.0.2.1").post("/accounts/login/", given).status_code == 302


def test_a_field_without_a_name_is_nobodys_name(cast: Cast, limits: dict[str, str]) -> None:
    limits["sign_in_name"] = "1/hour"
    for _ in range(2):
        assert Client().post("/accounts/2fa/authenticate/", {"": "operator"}).status_code == 302
    assert Client().post("/accounts/login/", {"login": "operator", "password": PASSWORD}).status_code == 302


def test_an_address_tries_so_often_whatever_the_name(cast: Cast, limits: dict[str, str]) -> None:
    limits["sign_in_address"] = "2/hour"
    for name in ("operator", "admin"):
        Client().post("/accounts/login/", {"login": name, "password": "wrong"})
    assert Client().post("/accounts/login/", {"login": "viewer", "password": PASSWORD}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="198.51.100.1")
    assert elsewhere.post("/accounts/login/", {"login": "viewer", "password": PASSWORD}).status_code == 302


def test_a_second_factor_and_a_proof_of_presence_are_counted_too(cast: Cast, limits: dict[str, str]) -> None:
    client = signed_in("operator")
    limits["sign_in_name"] = "2/hour"
    for _ in range(2):
        assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429
    assert client.get("/accounts/reauthenticate/").status_code == 200


def test_files_are_counted_by_account(cast: Cast, limits: dict[str, str]) -> None:
    limits["exports_account"] = "1/hour"
    auditor = signed_in("auditor")
    assert auditor.get("/audit/export/").status_code == 200
    assert auditor.get("/audit/export/").status_code == 429
    assert auditor.get("/audit/").status_code == 200
    assert signed_in("admin").get("/audit/export/").status_code == 200


def test_the_admin_site_has_no_entrance_of_its_own(cast: Cast) -> None:
    answer = Client().post("/admin/login/?next=/admin/", {"username": "admin", "password": PASSWORD})
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
