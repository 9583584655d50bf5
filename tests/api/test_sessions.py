import pytest

from tests.api.door import browser, program
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_sessions_are_listed_and_ended(cast: Cast) -> None:
    here, there = browser(cast.actors["viewer"]), browser(cast.actors["viewer"])
    there.get("/migrations")
    items = here.get("/sessions").body["items"]
    assert sorted(item["current"] for item in items) == [False, True]
    (other,) = [item["id"] for item in items if not item["current"]]

    assert program(cast.actors["viewer"]).delete(f"/sessions/{other}").status == 403
    assert browser(cast.actors["operator"]).delete(f"/sessions/{other}").status == 404
    assert here.delete(f"/sessions/{other}").status == 204
    assert there.get("/migrations").status == 401

    assert here.post("/sessions/revoke-others").body == {"ended": 0}


def test_an_admin_sees_and_ends_anothers(cast: Cast) -> None:
    viewer, admin = browser(cast.actors["viewer"]), program(cast.actors["admin"])
    viewer.get("/migrations")
    whose = cast.people["viewer"].pk

    (item,) = admin.get("/sessions", person=whose).body["items"]
    assert program(cast.actors["operator"]).get("/sessions", person=whose).status == 403
    assert admin.delete(f"/sessions/{item['id']}").status == 204
    assert viewer.get("/migrations").status == 401
