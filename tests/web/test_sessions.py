"""The pages of sessions and people."""

import pytest
from django.test import Client

from tests.cast import Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def test_a_session_is_listed_read_back_and_ended(cast: Cast) -> None:
    here, there = signed_in("viewer"), signed_in("viewer")
    page = here.get("/settings/sessions/").content.decode()
    assert page.count("this browser") == 1
    assert "by password" in page
    (other,) = [row for row in here.get("/settings/sessions/").context["sessions"] if not row.current]

    asked = here.get(f"/settings/sessions/{other.id}/revoke/").content.decode()
    assert "Sign this session out?" in asked
    assert here.post(f"/settings/sessions/{other.id}/revoke/").status_code == 302

    assert there.get("/settings/").status_code == 302
    assert here.get("/settings/").status_code == 200


def test_everywhere_else_is_signed_out(cast: Cast) -> None:
    here, there = signed_in("viewer"), signed_in("viewer")

    answer = here.post("/settings/sessions/", follow=True)

    assert "Signed out 1 other session." in answer.content.decode()
    assert there.get("/settings/").status_code == 302
    assert here.get("/accounts/sessions/")["Location"] == "/settings/sessions/"


def test_an_admin_looks_at_somebody_and_signs_them_out(cast: Cast) -> None:
    viewer, admin, operator = signed_in("viewer"), signed_in("admin"), signed_in("operator")
    address = f"/settings/people/{cast.people['viewer'].pk}/"

    assert "viewer@example.org" in admin.get("/settings/people/").content.decode()
    assert "Sign out everywhere" in admin.get(address).content.decode()
    for refused in (operator.get("/settings/people/"), operator.get(address)):
        assert refused.status_code == 403
    (row,) = admin.get(address).context["sessions"]
    asked = admin.get(f"/settings/sessions/{row.id}/revoke/", {"person": cast.people["viewer"].pk})
    assert asked.context["question"].why_not == ""

    assert "1 session" in admin.get(f"{address}sign-out/").content.decode()
    assert admin.post(f"{address}sign-out/")["Location"] == address
    assert viewer.get("/settings/").status_code == 302


def test_whoever_opens_the_administration_signs_in_where_everybody_does(cast: Cast) -> None:
    answer = Client().get("/admin/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
