import pytest

from tests.api.door import browser, program
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_people_are_invited_and_that_is_taken_back(cast: Cast) -> None:
    admin = browser(cast.actors["admin"])
    body = {"email": "new@example.org", "role": "viewer"}
    assert program(cast.actors["admin"]).post("/invitations", body).status == 403

    made = admin.post("/invitations", body)
    assert made.status == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert made.body["link"].startswith("http://testserver/invitations/")
    (item,) = admin.get("/invitations").body["items"]
    assert (item["email"], item["state"]) == ("new@example.org", "open")
    assert made.body["link"].split("/")[-2] not in str(item)

    assert admin.post(f"/invitations/{made.body['id']}/revoke").status == 204
    assert admin.get("/invitations").body["items"][0]["state"] == "revoked"
    assert admin.get(made.body["link"].removeprefix("http://testserver")).status == 404
