"""NUL characters wherever a request can carry text. On PostgreSQL each of them would end in an error."""

import pytest
from django.test import Client

from migrations_app.models import AuditEntry
from migrations_app.web.urls import urlpatterns
from tests.cast import Cast
from tests.web.door import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

PLAIN = [str(p.pattern) for p in urlpatterns if "<" not in str(p.pattern)]


def test_no_page_breaks_over_one_in_its_address(cast: Cast) -> None:
    client = signed_in("admin")
    for path in PLAIN:
        for query in ("q=%00", "environment=%00", "cursor=1%00", "%00=1", "state=%00&status=a%00b"):
            answer = client.get(f"/{path}?{query}")
            assert answer.status_code in (400, 405), (path, query)
    assert client.get("/search/?q=%00").status_code == 400
    assert "NUL" in client.get("/search/?q=%00").content.decode()
    assert client.get("/migrations/%00/").status_code == 400
    assert client.get("/admin/migrations_app/person/?q=%00").status_code == 400


def test_no_form_is_taken_with_one(cast: Cast) -> None:
    client = signed_in("admin")
    entries = AuditEntry.objects.count()

    answer = client.post("/environments/new/", {"name": "a\x00b"})

    assert answer.status_code == 400
    assert "The form holds a NUL character" in answer.content.decode()
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/migrations", "/healthz"])
def test_no_session_is_looked_for_with_one(db: None, path: str) -> None:
    client = Client()
    client.cookies["sessionid"] = "abcdefgh\x00ijklmnop"

    answer = client.get(path)

    assert answer.status_code == 400


def test_the_api_names_the_field_itself(cast: Cast) -> None:
    answer = signed_in("operator").get("/api/v1/migrations?q=%00")

    assert answer.status_code == 422
    assert answer.json()["code"] == "unusable_text"
